package roster_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// entries returns the entries of a chain without their times.
func entries(c *roster.Chain) (list []roster.Entry) {
	for _, s := range c.Entries() {
		list = append(list, s.Entry)
	}
	return list
}

func TestAnyChainIsAnnounced(t *testing.T) {
	c := read(t, history(t, 150))
	list, err := roster.Announce(c.Current(at(0)))
	if err != nil || len(list) != 3 {
		t.Fatalf("%d payloads, %v", len(list), err)
	}
	other := roster.New(ada)
	for _, a := range slices.Backward(list) { // facts come in any order
		payload, err := fact.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back roster.Announced
		if err := fact.Unmarshal(payload, &back); err != nil {
			t.Fatal(err)
		}
		decoded, err := back.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range decoded {
			add(t, other, e, 0)
		}
	}
	if diff := sameState(c.State(at(0)), other.State(at(0))); diff != "" {
		t.Error(diff)
	}

	full := slices.Repeat([]roster.Entry{largest()}, roster.MaxAnnounced)
	list, err = roster.Announce(full)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fact.Marshal(list[0]); err != nil || len(list) != 1 {
		t.Errorf("%d payloads for %d entries, %v", len(list), len(full), err)
	}
	bad := largest()
	bad.Devices = nil
	_, err = roster.Announce([]roster.Entry{bad})
	wantRefused(t, "a bad entry", err, aura.Invalid, "no device")
}

func TestBadPayloadsAreRefused(t *testing.T) {
	list := entries(household(t))
	a, err := roster.Announce(list)
	if err != nil {
		t.Fatal(err)
	}
	stranger := largest()
	stranger.Authority[0] ^= 1
	strange, err := stranger.Encode()
	if err != nil {
		t.Fatal(err)
	}
	good := a[0].Entries
	for what, bad := range map[string]struct {
		entries [][]byte
		kind    aura.Kind
		says    string
	}{
		"no entry":        {nil, aura.Invalid, "1 to 60"},
		"61 entries":      {slices.Repeat(good[:1], roster.MaxAnnounced+1), aura.Invalid, "1 to 60"},
		"half an entry":   {[][]byte{good[0], good[1][:40]}, aura.Corrupt, "entry"},
		"two authorities": {[][]byte{good[0], strange}, aura.Invalid, "two authorities"},
		"backwards":       {[][]byte{good[1], good[0]}, aura.Invalid, "after entry"},
	} {
		_, err := (&roster.Announced{Entries: bad.entries}).Decode()
		wantRefused(t, what, err, bad.kind, bad.says)
	}

	whole := roster.Closed{Device: id("phone"), Entry: list[1].Hash(), Heads: []fact.Place{place(3, 'a'), place(3, 'b'), place(4, 'a')}}
	if err := whole.Check(); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*roster.Closed){
		"names no device":   func(c *roster.Closed) { c.Device = aura.DeviceID{} },
		"or no entry":       func(c *roster.Closed) { c.Entry = roster.Hash{} },
		"17 heads":          func(c *roster.Closed) { c.Heads = make([]fact.Place, 17) },
		"in order":          func(c *roster.Closed) { slices.Reverse(c.Heads) },
		"4 heads, not":      func(c *roster.Closed) { c.Heads = append(c.Heads, c.Heads[2]) },
		"place 0":           func(c *roster.Closed) { c.Heads[0].Seq = 0 },
		"place 3 and no fa": func(c *roster.Closed) { c.Heads[0].ID = [16]byte{} },
	} {
		bad := whole
		bad.Heads = slices.Clone(bad.Heads)
		change(&bad)
		wantRefused(t, what, bad.Check(), aura.Invalid, what)
	}
}

func FuzzPayloads(f *testing.F) {
	list, err := roster.Announce(entries(household(f)))
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range []any{list[0], roster.Closed{Device: id("phone"), Entry: roster.Hash{1}, Heads: []fact.Place{place(3, 'a')}}} {
		b, err := fact.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a roster.Announced
		if fact.Unmarshal(b, &a) == nil {
			if list, err := a.Decode(); err == nil {
				again, err := roster.Announce(list)
				if err != nil || len(again) != 1 || !slices.EqualFunc(again[0].Entries, a.Entries, bytes.Equal) {
					t.Errorf("%v: %v", err, again)
				}
			}
		}
		var c roster.Closed
		if fact.Unmarshal(b, &c) == nil {
			_ = c.Check()
		}
	})
}

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRostersHaveTheirGoldenBytes: these bytes are on disks and on the wire. A difference is a new format, not a
// new golden file.
func TestRostersHaveTheirGoldenBytes(t *testing.T) {
	c := household(t)
	add(t, c, must(t, "root")(roster.Remove(c.State(at(0)), id("phone"), id("laptop"))), 0)
	var out strings.Builder
	for _, e := range entries(c) {
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "entry %d %x\n", e.Number, b)
	}
	removal := c.State(0).Heads[0]
	for _, payload := range []any{
		roster.Announced{Entries: [][]byte{{1, 2}, {3}}},
		roster.Closed{Device: id("laptop"), Entry: removal, Heads: []fact.Place{place(3, 'a'), place(500, 'b')}},
	} {
		b, err := fact.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%T %x\n", payload, b)
	}
	path := filepath.Join("testdata", t.Name()+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("encoding changed (-golden +now):\n%s", diff)
	}
}
