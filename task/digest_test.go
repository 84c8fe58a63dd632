package task

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// TestADigestNeitherGrowsNorForgets is inside the package: the memory of a digest is not seen from outside. However long
// a simulation runs, its digest keeps little more than a flush, and every record before still counts.
func TestADigestNeitherGrowsNorForgets(t *testing.T) {
	const records = 100_000
	e := world.RuntimeStarted("agent")
	for name, record := range map[string]func(d *digest, i int){
		"steps":  func(d *digest, i int) { d.step(uint64(i)) },
		"events": func(d *digest, _ int) { d.event(&e) },
		"steps and times": func(d *digest, i int) {
			d.time(aura.Duration(i))
			d.step(uint64(i))
		},
	} {
		whole, other := newDigest(), newDigest()
		other.step(7)
		room := 0
		for i := range records {
			record(&whole, i)
			record(&other, i)
			room = max(room, cap(whole.buffer))
		}
		if room > 4*digestFlush {
			t.Errorf("%d %s: the digest keeps %d bytes", records, name, room)
		}
		before := whole.sum()
		if before == other.sum() || before != whole.sum() {
			t.Errorf("%s: the first record does not count, or a sum changes what it sums", name)
		}
		if whole.step(1); whole.sum() == before {
			t.Errorf("%s: the last record does not count", name)
		}
	}
}
