package interp

import (
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
)

// results splits what a commit gave among the decisions of its plan. The records are those of the plan's
// drafts, in order.
func (p *plan) results(head fact.Position, records []fact.Record, receipts []effect.Receipt) []effect.Result {
	rs := make([]effect.Result, len(p.admitted))
	for i := range p.admitted {
		a, r := &p.admitted[i], &rs[i]
		if a.last > a.first {
			r.Position, r.Records = head, records[a.first:a.last:a.last]
		}
		for _, at := range a.runs {
			r.Receipts = append(r.Receipts, receipts[at])
		}
		r.Nonces = nonces(a.decision)
	}
	return rs
}

// nonces draws what a decision's commands ask for from its seed.
func nonces(d *Decision) [][]byte {
	var ns [][]byte
	for i := range d.Commands {
		if c := &d.Commands[i]; c.Kind == effect.GenerateNonce {
			ns = append(ns, stretch(purposeNonce, &d.Seed, uint32(len(ns)), c.Bytes))
		}
	}
	return ns
}
