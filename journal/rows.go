package journal

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Row is one stream with its heads.
type Row struct {
	Namespace fact.Namespace
	Device    aura.DeviceID
	Count     uint64       // numbers
	Heads     []fact.Place // ascending
}

// Rows returns the streams of some namespaces, ordered by namespace and device, and the position of the last fact in them or elsewhere. It costs
// a look at each stream in memory.
func (j *Journal) Rows(wanted func(fact.Namespace) bool) (rows []Row, through fact.Position, err error) {
	through = j.Head() // facts that come meanwhile are in the rows, and counted again
	for _, p := range j.streams(func(id *streamID, s *stream) bool { return s.count > 0 && wanted(id.namespace) }) {
		if p.value.tip == (head{}) {
			if err := j.findTip(p.key, &p.value); err != nil {
				return nil, 0, err
			}
		}
		r := Row{Namespace: p.key.namespace, Device: p.key.device, Count: p.value.count}
		for _, h := range p.value.heads() {
			r.Heads = append(r.Heads, h.place)
		}
		slices.SortFunc(r.Heads, fact.Place.Compare)
		rows = append(rows, r)
	}
	return rows, through, nil
}
