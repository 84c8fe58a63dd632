package own_test

import (
	"bytes"
	"testing"

	"github.com/aura-runtime/aura/machine/internal/wire"
	"github.com/aura-runtime/aura/machine/own"
)

// FuzzDecode reads ownership from any bytes: records that are taken are written and read again as they are, each fragment has one owner at most
// who acts, and any call finds them in order.
func FuzzDecode(f *testing.F) {
	seed := func(change func(o *own.Owners, c own.Capability)) {
		var o own.Owners
		change(&o, o.Open(1, "ada", parts))
		var w wire.Writer
		o.Encode(&w)
		f.Add(w.Buf)
	}
	seed(func(*own.Owners, own.Capability) {})
	seed(func(o *own.Owners, c own.Capability) { _, _ = o.Begin("test", c, "ben", own.Whole(), false) })
	seed(func(o *own.Owners, c own.Capability) { _, _ = o.Begin("test", c, "ben", own.Fragments("a"), true) })
	seed(func(o *own.Owners, c own.Capability) { _, _ = o.Attenuate("test", c, own.Fragments("a", "b")) })
	seed(func(o *own.Owners, c own.Capability) { _, _ = o.Release("test", c) })
	seed(func(o *own.Owners, c own.Capability) { _, _ = o.Ready("test", c) })
	seed(func(o *own.Owners, _ own.Capability) { o.End("a", true, "test"); o.End("b", false, "test") })
	f.Fuzz(func(t *testing.T, b []byte) {
		read := func(b []byte) (*own.Owners, bool) {
			o, r := new(own.Owners), wire.NewReader("fuzz", b)
			o.Decode(r, 1, parts)
			return o, r.End() == nil
		}
		o, taken := read(b)
		if !taken {
			return
		}
		var w, again wire.Writer
		o.Encode(&w)
		twice, taken := read(w.Buf)
		if twice.Encode(&again); !taken || !bytes.Equal(again.Buf, w.Buf) {
			t.Fatal("ownership is read again as another one")
		}
		for _, part := range parts {
			r := o.Find(part)
			c, has := o.Capability(r.Generation())
			if o.Check("fuzz", c, part) == nil && (!has || c.Owner != r.Owner() || !r.Acts()) {
				t.Errorf("fragment %s of %s: %+v acts", part, r.Owner(), c)
			}
			if other := c; has {
				other.Owner += "'"
				if o.Check("fuzz", other, part) == nil {
					t.Errorf("fragment %s has two owners", part)
				}
			}
			for id := range uint64(4) {
				if p, pending := twice.Pending(id); pending {
					_ = twice.Depart("fuzz", p)
				}
				if p, pending := o.Pending(id); pending {
					_ = o.Rollback("fuzz", p)
				}
			}
			if c, has = o.Capability(o.Find(part).Generation()); !has {
				continue
			}
			_, _ = o.Ready("fuzz", c)
			if p, err := o.Begin("fuzz", c, "cleo", own.Fragments(part), true); err == nil {
				if _, err := o.Commit("fuzz", p); err != nil {
					t.Errorf("a transfer that was begun: %v", err)
				}
				if o.Check("fuzz", c, part) == nil {
					t.Errorf("fragment %s has two owners", part)
				}
			}
		}
		o.Vacate()
		for _, part := range parts {
			if o.Find(part).Acts() {
				t.Errorf("fragment %s has an owner", part)
			}
			o.End(part, false, "fuzz")
		}
	})
}
