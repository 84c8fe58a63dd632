package guard

import (
	"math"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Evaluate runs the five stages over a snapshot and writes the result into out, whose memory it reuses:
// in the steady state it allocates nothing. Snapshot and request are only read.
//
// An allowed outcome lists its commands in the order charges, leakage, metadata, facts, nonces,
// envelopes. A denied one has no command and names the stage that refused.
func Evaluate(out *Outcome, s *Snapshot, r *Request) {
	out.reset(len(r.Sends), len(s.Budgets))
	if !capability(out, s, r) || !flow(out, s, r) {
		return
	}
	var leaked [fact.Observers]uint64
	if !leakage(out, s, r, &leaked) || !coupling(out, s, r) {
		return
	}
	transport(out, s, r, &leaked)
	out.Allowed = true
}

// capability is the first stage. Missing information is a refusal.
func capability(out *Outcome, s *Snapshot, r *Request) bool {
	if r.Token != nil && r.For.IsZero() {
		out.deny(r, StageCapability, ReasonMalformed, aura.AuthorityID{}, 0, 0) // without the peer that presents it
		return false
	}
	noContext := r.Context.IsZero() && len(r.Sends) > 0
	if r.Capability == "" || r.Authority.IsZero() || noContext {
		out.deny(r, StageCapability, ReasonMissingMetadata, aura.AuthorityID{}, 0, 0)
		return false
	}
	if !s.Caps.Allows(r.Capability) {
		reason := ReasonNotGranted
		if s.Caps.flaw != 0 {
			reason = s.Caps.flaw
		}
		out.deny(r, StageCapability, reason, aura.AuthorityID{}, 0, 0)
		return false
	}
	for _, key := range r.Needs {
		if _, ok := s.Metadata.Lookup(key); !ok {
			out.deny(r, StageCapability, ReasonMissingMetadata, aura.AuthorityID{}, 0, 0)
			return false
		}
	}
	return true
}

// flow is the second stage: it decides for each send whether it is charged, free or waiting.
func flow(out *Outcome, s *Snapshot, r *Request) bool {
	budget, form := r.Budget(), r.Form()
	for i := range r.Sends {
		send := &r.Sends[i]
		if reason := r.misfit(send, form); reason != 0 {
			out.deny(r, StageFlow, reason, send.Peer, 0, 0)
			return false
		}
		at := s.Headroom(send.Peer)
		if at < 0 {
			out.deny(r, StageFlow, ReasonUndefined, send.Peer, uint64(send.Cost), 0)
			return false
		}
		h := &s.Budgets[at]
		// Each budget is checked against the snapshot alone, so a peer named twice could pass it twice.
		// A run that starts beyond the charged facts would leave some unpaid for ever.
		gap := send.Through > h.Through && send.From > h.Through
		if out.used[at] || h.Context != budget || send.Through > s.Last || send.From > send.Through || gap {
			out.deny(r, StageFlow, ReasonMalformed, send.Peer, 0, 0)
			return false
		}
		out.used[at] = true
		out.verdicts[i].budget = at
		if !flowOf(out, s, r, i, h) {
			return false
		}
	}
	return true
}

// flowOf decides one send against its headroom. It returns false when the whole request is denied.
func flowOf(out *Outcome, s *Snapshot, r *Request, i int, h *Headroom) bool {
	send := &r.Sends[i]
	decided := send.Through != 0 && send.Through <= h.Through
	if send.Retransmit && !decided {
		out.deny(r, StageFlow, ReasonUndecided, send.Peer, 0, 0)
		return false
	}
	if decided && send.From >= h.From {
		return true // charged in this epoch: the same envelope, the same receipt, no cost
	}
	if send.Cost == 0 {
		out.deny(r, StageFlow, ReasonMalformed, send.Peer, 0, 0)
		return false
	}
	out.verdicts[i].charge = true

	need, have := uint64(send.Cost), uint64(0)
	if h.Spent < h.Limit && (send.NotIn == 0 || send.NotIn != h.Epoch) {
		have = h.Limit - h.Spent
	}
	facts := send.Form == FormFacts
	behind, queue := send.Through == 0 && h.Through < s.Last && facts, r.Queue && facts
	switch {
	case h.Unshared && queue:
		out.wait(i, StageFlow, ReasonUnshared, h, need, have)
	case h.Unshared:
		out.deny(r, StageFlow, ReasonUnshared, send.Peer, need, have)
		return false
	case need > h.Limit:
		out.deny(r, StageFlow, ReasonTooLarge, send.Peer, need, h.Limit)
		return false
	case behind && queue:
		out.wait(i, StageFlow, ReasonBacklog, h, need, have)
	case behind:
		out.deny(r, StageFlow, ReasonBacklog, send.Peer, need, have)
		return false
	case need > have && queue:
		out.wait(i, StageFlow, ReasonShort, h, need, have)
	case need > have:
		out.deny(r, StageFlow, ReasonShort, send.Peer, need, have)
		return false
	}
	return true
}

// leakage is the third stage. It sums the bits that the charged sends tell each class of observer into total.
func leakage(out *Outcome, s *Snapshot, r *Request, total *[fact.Observers]uint64) bool {
	for i := range r.Sends {
		if v := &out.verdicts[i]; !v.charge || v.waiting {
			continue
		}
		if !leakageOf(out, s, r, i, total) {
			return false
		}
		if out.verdicts[i].waiting {
			continue
		}
		for o, bits := range r.Sends[i].Leak {
			total[o] += uint64(bits)
		}
	}
	return true
}

// leakageOf checks one send on top of those before it. It returns false when the whole request is denied.
func leakageOf(out *Outcome, s *Snapshot, r *Request, i int, total *[fact.Observers]uint64) bool {
	send := &r.Sends[i]
	for o, bits := range send.Leak {
		if bits == 0 {
			continue
		}
		room := &s.Leakage[o]
		if o == 0 || !room.Defined {
			out.deny(r, StageLeak, ReasonUndefined, send.Peer, uint64(bits), 0)
			return false
		}
		need, have := total[o]+uint64(bits), uint64(0)
		if room.Spent < room.Limit {
			have = min(room.Limit-room.Spent, math.MaxUint32) // the most that one command can record
		}
		switch {
		case uint64(bits) > room.Limit:
			out.deny(r, StageLeak, ReasonTooLarge, send.Peer, uint64(bits), room.Limit)
			return false
		case need > have && (!r.Queue || send.Form != FormFacts):
			out.deny(r, StageLeak, ReasonShort, send.Peer, need, have)
			return false
		case need > have && !out.verdicts[i].waiting:
			// Later classes are still looked at: one without a budget denies the request.
			out.wait(i, StageLeak, ReasonShort, &s.Budgets[out.verdicts[i].budget], need, have)
		}
	}
	return true
}

// coupling is the fourth stage: facts belong to the acting authority or the context, an envelope of facts
// rests on facts that are in the journal or become durable with this decision, and a message of a session on the facts that
// its site names.
func coupling(out *Outcome, s *Snapshot, r *Request) bool {
	shared := false
	for i := range r.Entries {
		ns := &r.Entries[i].Namespace
		switch {
		case ns.Space == fact.SpaceContext && !r.Context.IsZero() && ns.ID == r.Context:
			shared = true
		case ns.Space == fact.SpaceAuthority && ns.ID == r.Authority:
		default:
			out.deny(r, StageJournal, ReasonForeignNamespace, aura.AuthorityID{}, 0, 0)
			return false
		}
	}
	for i := range r.Sends {
		if send := &r.Sends[i]; send.Form == FormFacts && send.Through == 0 && !shared || !r.restsOn(send) {
			out.deny(r, StageJournal, ReasonUncoupled, send.Peer, 0, 0)
			return false
		}
	}
	return true
}

// restsOn reports whether the facts that the site of a message names are among the request's. There are a few of each.
func (r *Request) restsOn(send *Send) bool {
	if send.Form != FormMessage {
		return true
	}
	for _, kind := range r.SiteFacts {
		found := false
		for i := range r.Entries {
			found = found || r.Entries[i].Kind == kind
		}
		if !found {
			return false
		}
	}
	return true
}

// transport is the last stage: every guard agreed, so the commands are written.
func transport(out *Outcome, s *Snapshot, r *Request, leaked *[fact.Observers]uint64) {
	told := 0
	for _, bits := range leaked {
		if bits != 0 {
			told++
		}
	}
	// At once: commands are large, and a list that grows copies them again and again.
	out.Commands = slices.Grow(out.Commands, 2*len(r.Sends)+told+len(r.Metadata)+len(r.Entries)+r.Nonces)
	for i := range r.Sends {
		if v := &out.verdicts[i]; v.charge && !v.waiting {
			out.charge(r, &s.Budgets[v.budget], r.Sends[i].Cost)
		}
	}
	for o, bits := range leaked {
		if bits != 0 {
			out.leak(r, o, &s.Leakage[o], bits)
		}
	}
	for i := range r.Metadata {
		out.store(r, &r.Metadata[i])
	}
	for i := range r.Entries {
		out.append(r, &r.Entries[i])
	}
	for range r.Nonces {
		out.nonce(r)
	}
	for i := range r.Sends {
		send := &r.Sends[i]
		if releases := send.Form == FormFacts || send.Form == FormMessage; releases && !out.verdicts[i].waiting {
			var paid aura.Epoch
			if v := &out.verdicts[i]; !v.charge {
				paid = s.Budgets[v.budget].Epoch
			}
			out.send(r, send, paid)
		}
	}
}
