package session

import (
	"errors"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Payments keeps what the peer of a channel paid for its messages.
type Payments interface {
	// Take verifies that the receipt of a message pays for it, with least units or more, and makes an entry durable in one batch with what that
	// changes in the chain of the peer's receipts and in its spending. The message did not come before. It returns aura.Denied with a
	// [guard.UnpaidError] as its cause when the message is not paid for; nothing has changed then.
	Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error
}

// place is that of a message in a session.
type place struct {
	edge uint32
	seq  uint64
}

// unpaid is a message that left once and has no receipt now: after a restart, or because the peer refused the one that it had.
type unpaid struct {
	searched bool       // the journal has none for it
	notIn    aura.Epoch // in which the peer has no room for it; zero: none
	refused  int        // how often the peer refused its receipt
}

// maxUnpaidRefusals is how often a peer may refuse the receipts of a message before the session fails: the peer counts
// otherwise than this side, and another receipt would not help.
const maxUnpaidRefusals = 8

// price returns the least that a message costs, of all places of the protocol where it can stand, and the demands of the dearest one.
func (p *Protocol) price(content *parcel, size int) (least aura.FlowCost, dearest *demands) {
	dearest = &p.demands[0]
	for i, site := range p.image.Sites(machine.RoleID(content.From), machine.RoleID(content.To), labelOf(content)) {
		d := &p.demands[site]
		if i == 0 || d.first() < least {
			least = d.first()
		}
		if i == 0 || d.first() > dearest.first() {
			dearest = d
		}
	}
	return max(least, 1) - 1 + guard.CostOf(size), dearest
}

// receive makes a message that came durable: the entries of its recording, if there are any, with what it paid.
func (l *live) receive(tc task.Context, on *ChannelOptions, m *effect.Message, p *parcel, entries [][]byte) (err error) {
	entry := &journal.Entry{}
	if len(entries) > 0 {
		entry.Logs = []journal.LogChange{{Name: logName(l.opening.Name), Values: entries}}
	}
	switch {
	case on.Payments != nil:
		least, _ := l.protocol.price(p, len(m.Parcel))
		err = on.Payments.Take(tc, m, least, entry)
	case len(entries) > 0:
		_, err = l.engine.options.Journal.Append(tc, entry)
	}
	if err == nil && len(entries) > 0 {
		l.recorded = true
	}
	return err
}

// receiptOf returns the encoded receipt of a message in the result of its decision, nil for none.
func receiptOf(digest [32]byte, r *effect.Result) []byte {
	for i := range r.Receipts {
		if r.Receipts[i].Digest == digest {
			return r.Receipts[i].Encode()
		}
	}
	return nil
}

// message returns a message that left and was not forgotten, nil for none.
func (l *live) message(at place) *effect.Message {
	left, first := l.left[at.edge], l.first(at.edge)
	if at.seq < first || at.seq-first >= uint64(len(left)) {
		return nil
	}
	return &left[at.seq-first]
}

// keepReceipt notes the receipt with which a message leaves.
func (l *live) keepReceipt(at place, receipt []byte) {
	if m := l.message(at); m != nil {
		m.Receipt = receipt
	}
}

// pay gives each message a receipt that has none: the one that the journal has of its decision, or else that of a decision to pay once more. It
// returns the frames that may leave. Messages of a session for which the budget has no room wait with all behind them.
func (e *Engine) pay(tc task.Context, s *speaker, frames []frame) ([]frame, error) {
	if !slices.ContainsFunc(frames, func(f frame) bool { return f.unpaid }) {
		return frames, nil
	}
	if err := e.searchReceipts(tc, s); err != nil {
		return nil, err
	}
	var leave []frame
	var waiting []*spoken
	for _, f := range frames {
		if f.kind == FrameMessage && slices.Contains(waiting, f.of) {
			continue
		}
		if f.unpaid {
			paid, err := e.payFor(tc, s, &f)
			if err != nil {
				return nil, err
			}
			if !paid {
				waiting = append(waiting, f.of)
				continue
			}
		}
		leave = append(leave, f)
	}
	return leave, nil
}

// searchReceipts looks in the journal for the receipts of all messages to the peer that have none, each message once.
func (e *Engine) searchReceipts(tc task.Context, s *speaker) error {
	type wanted struct {
		session *live
		at      place
	}
	want, err := ask(tc, e, func(task.Context) (map[[32]byte]wanted, error) {
		all := map[[32]byte]wanted{}
		for _, o := range s.spoken {
			l, edge := o.session, o.session.edgeTo(o.role)
			left := l.left[edge]
			for i := range left {
				m := &left[i]
				if m.Receipt != nil || m.Seq < min(o.has, l.confirmed[edge]) {
					continue
				}
				at := place{m.Edge, m.Seq}
				if u := l.unpaid[at]; !u.searched {
					u.searched = true
					l.unpaid[at] = u
					all[m.Digest()] = wanted{l, at}
				}
			}
		}
		return all, nil
	})
	if err != nil || len(want) == 0 {
		return err
	}
	found := map[[32]byte][]byte{}
	err = interp.EachReceipt(e.options.Journal, guard.MessageContext(s.talk.Context), s.talk.Peer.Authority, func(r *effect.Receipt) {
		if _, is := want[r.Digest]; is {
			found[r.Digest] = r.Encode() // the last one, when it was paid for again
		}
	})
	if err != nil && aura.KindOf(err) != aura.NotFound && aura.KindOf(err) != aura.Corrupt { // receipts that went meanwhile, or are damaged, show nothing
		return err
	}
	_, err = ask(tc, e, func(task.Context) (struct{}, error) {
		for digest, w := range want {
			if m := w.session.message(w.at); m != nil && m.Receipt == nil && w.session.unpaid[w.at].refused == 0 {
				m.Receipt = found[digest]
			}
		}
		return struct{}{}, nil
	})
	return err
}

// payFor completes the frame of one message. It returns false when the message must wait, or is of no use any more.
func (e *Engine) payFor(tc task.Context, s *speaker, f *frame) (paid bool, err error) {
	type bill struct {
		message *effect.Message // nil: it is of no use any more
		request guard.Request
	}
	at := place{f.message.Edge, f.message.Seq}
	b, err := ask(tc, e, func(task.Context) (b bill, err error) {
		l := f.of.session
		m := l.message(at)
		if m == nil || l.gone || s.spoken[l.opening.Name] != f.of {
			return b, nil
		}
		sent := *m
		b.message = &sent
		if m.Receipt == nil {
			b.request, err = l.payAgain(f.of, &sent)
		}
		return b, err
	})
	if err != nil || b.message == nil {
		return false, err
	}
	if b.message.Receipt == nil {
		result, err := e.options.Decider.Decide(tc, &b.request)
		if _, denied := errors.AsType[*guard.Denial](err); denied {
			return false, e.hold(tc, s, f)
		}
		if err != nil {
			return false, err
		}
		b.message.Receipt = receiptOf(f.covered, &result)
		if _, err := settle(tc, e, func(task.Context) (struct{}, error) {
			f.of.session.keepReceipt(at, b.message.Receipt)
			return struct{}{}, nil
		}); err != nil {
			return false, err
		}
	}
	f.body = encode(message{b.message.Session, b.message.Edge, b.message.Seq, b.message.Parcel, b.message.Receipt})
	return true, nil
}

// payAgain returns the request that pays for a message once more, as at the dearest place where it can stand.
func (l *live) payAgain(o *spoken, m *effect.Message) (guard.Request, error) {
	var content parcel
	if err := decode(m.Parcel, &content); err != nil {
		return guard.Request{}, err
	}
	peer, _ := l.peer(o.role)
	_, d := l.protocol.price(&content, len(m.Parcel))
	r := d.request(guard.Request{}, l.opening.Context, l.engine.options.Own, peer, m)
	r.SiteFacts = nil // they are durable
	r.Sends[0].Again, r.Sends[0].NotIn = true, l.unpaid[place{m.Edge, m.Seq}].notIn
	return r, nil
}

// hold has the messages of a session wait, from that of a frame on: the budget has no room for it.
func (e *Engine) hold(tc task.Context, s *speaker, f *frame) error {
	_, err := ask(tc, e, func(tc task.Context) (struct{}, error) {
		o := f.of
		if s.spoken[o.session.opening.Name] == o {
			o.next = min(o.next, f.message.Seq)
			o.hold = tc.Elapsed() + o.pause.Next(e.options.Entropy)
			s.later = append(slices.DeleteFunc(s.later, func(other *spoken) bool { return other == o }), o)
		}
		return struct{}{}, nil
	})
	return err
}

// refusedUnpaid takes the peer's word that no receipt pays for a message: it leaves again with another one. It returns the session when the
// peer has said so too often.
func (s *speaker) refusedUnpaid(o *spoken, r *refused) (*spoken, error) {
	l := o.session
	at := place{l.edgeTo(o.role), r.Seq}
	m := l.message(at)
	if r.Seq >= o.next || m == nil || r.Seq < l.confirmed[at.edge] {
		return nil, aura.Errorf("session.takeRefusal", aura.Denied, "the other side refuses message %d of session %s, which it was not sent or has",
			r.Seq, aura.Short(r.Session))
	}
	u := l.unpaid[at]
	u.searched, u.refused = true, u.refused+1
	if receipt, err := effect.DecodeReceipt(m.Receipt); err == nil && r.Reason == RefusalBudget {
		u.notIn = receipt.Epoch
	}
	l.unpaid[at] = u
	m.Receipt, o.next = nil, r.Seq
	if u.refused > maxUnpaidRefusals {
		s.drop(o)
		return o, nil
	}
	s.queue(o)
	return nil, nil
}

// paidFor forgets which messages of an edge were unpaid, up to a number: the peer has them.
func (l *live) paidFor(edge uint32, next uint64) {
	maps.DeleteFunc(l.unpaid, func(at place, _ unpaid) bool { return at.edge == edge && at.seq < next })
}
