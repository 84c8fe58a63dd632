package session

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Payments keeps the payments of a channel's peer for its messages.
type Payments interface {
	// Take verifies that the receipt of a message pays for it, with least units or more, and makes an entry durable in one batch with the
	// chain of the peer's receipts and its spending. The message did not come before. It returns aura.Denied with a
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
	searched bool          // the journal has none for it
	notIn    aura.Epoch    // in which the peer has no room for it; zero: none
	refused  int           // how often the peer refused its receipt, with a refusal by which it may leave again at once
	short    int           // how often the peer had no room for it
	until    aura.Duration // it is not paid for again before
}

const (
	// maxRefused is how often a message is paid for once more because a peer refused its receipt, and maxRefusedOfAll how often the messages of
	// a session are: the peer counts otherwise than this side then, and another receipt would not help. They bound what a peer gets by refusing.
	maxRefused      = 1
	maxRefusedOfAll = 8
	// shortBase is the pause, beside that for another epoch, after the second refusal of a message by a budget. It doubles with each further
	// one, so often at most.
	shortBase    = time.Hour
	maxDoublings = 4
)

// sites returns the places of the protocol where a message can stand.
func (p *Protocol) sites(content *parcel) []choreo.SiteID {
	return p.image.Sites(machine.RoleID(content.From), machine.RoleID(content.To), labelOf(content))
}

// least returns the least that a message costs, of all places of the protocol where it can stand.
func (p *Protocol) least(content *parcel, size int) aura.FlowCost {
	var least aura.FlowCost
	for i, site := range p.sites(content) {
		if price := p.demands[site].first(); i == 0 || price < least {
			least = price
		}
	}
	return max(least, 1) - 1 + guard.CostOf(size)
}

// demandsOf returns those of the place of a message that left. An earlier build did not keep the place: then those of the dearest one.
func (p *Protocol) demandsOf(content *parcel, site choreo.SiteID) *demands {
	all := p.sites(content)
	if slices.Contains(all, site) {
		return &p.demands[site]
	}
	return &p.demands[slices.MaxFunc(all, func(a, b choreo.SiteID) int { return cmp.Compare(p.demands[a].first(), p.demands[b].first()) })]
}

// receive makes a message that came durable: the entries of its recording, if there are any, with its payment.
func (l *live) receive(tc task.Context, on *ChannelOptions, m *effect.Message, p *parcel, entries [][]byte) (err error) {
	entry := &journal.Entry{}
	if len(entries) > 0 {
		entry.Logs = []journal.LogChange{{Name: logName(l.opening.Name), Values: entries}}
	}
	err = l.commits(place{m.Edge, m.Seq}, func() (err error) {
		switch {
		case on.Payments != nil:
			err = on.Payments.Take(tc, m, l.protocol.least(p, len(m.Parcel)), entry)
		case len(entries) > 0:
			_, err = l.engine.options.Journal.Append(tc, entry)
		}
		return err
	})
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
func (l *live) message(at place) *departure {
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
				if !l.unpaid[at].searched {
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
	err = interp.EachReceipt(e.options.Journal, guard.MessageContext(s.talk.Context), s.talk.Peer.Authority, func(r *effect.Receipt) bool {
		if _, is := want[r.Digest]; is && found[r.Digest] == nil { // the last one, when it was paid for again
			found[r.Digest] = r.Encode()
		}
		return len(found) < len(want)
	})
	if err != nil && aura.KindOf(err) != aura.NotFound && aura.KindOf(err) != aura.Corrupt { // receipts that went meanwhile, or are damaged, show nothing
		return err
	}
	_, err = ask(tc, e, func(task.Context) (struct{}, error) {
		for digest, w := range want {
			u := w.session.unpaid[w.at]
			if m := w.session.message(w.at); m != nil && m.Receipt == nil && u.refused == 0 {
				m.Receipt = found[digest]
			}
			u.searched = true // not before: a search that the disk ended is made again
			put(&w.session.unpaid, w.at, u)
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
		early   bool // the peer had no room for it, and was asked a short time ago
	}
	at := place{f.message.Edge, f.message.Seq}
	b, err := ask(tc, e, func(tc task.Context) (b bill, err error) {
		l := f.of.session
		m := l.message(at)
		if m == nil || l.gone || s.spoken[l.opening.Name] != f.of {
			return b, nil
		}
		sent := *m
		b.message = &sent.Message
		if m.Receipt == nil {
			b.early = l.unpaid[at].until > tc.Elapsed()
			b.request, err = l.payAgain(f.of, &sent)
		}
		return b, err
	})
	if err != nil || b.message == nil {
		return false, err
	}
	if b.early {
		return false, e.hold(tc, s, f)
	}
	if b.message.Receipt == nil {
		result, err := e.options.Decider.Decide(tc, &b.request)
		if _, denied := errors.AsType[*guard.Denial](err); denied || aura.KindOf(diskOf("session.Speak", err)) == aura.Unavailable {
			return false, e.hold(tc, s, f) // a budget or a disk that has no room may have some later
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

// payAgain returns the request that pays for a message once more, as at its place in the protocol.
func (l *live) payAgain(o *spoken, m *departure) (guard.Request, error) {
	var content parcel
	if err := decode(m.Parcel, &content); err != nil {
		return guard.Request{}, err
	}
	peer, _ := l.peer(o.role)
	d := l.protocol.demandsOf(&content, m.site)
	r := d.request(guard.Request{}, l.opening.Context, l.engine.options.Own, peer, &m.Message)
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
			s.wait(o)
		}
		return struct{}{}, nil
	})
	return err
}

// refusedUnpaid takes the peer's word that no receipt pays for a message: it leaves again with another one. It returns the session when the
// peer has said so too often. A peer whose budget has no room may say so again and again, as one whose clock stands still does: the pauses grow.
func (s *speaker) refusedUnpaid(o *spoken, r *refused, now aura.Duration) (*spoken, error) {
	l := o.session
	at := place{l.edgeTo(o.role), r.Seq}
	m := l.message(at)
	if r.Seq >= o.next || m == nil || r.Seq < l.confirmed[at.edge] {
		return nil, aura.Errorf("session.takeRefusal", aura.Denied, "the other side refuses message %d of session %s, which it was not sent or has",
			r.Seq, aura.Short(r.Session))
	}
	u := l.unpaid[at]
	u.searched = true
	if receipt, err := effect.DecodeReceipt(m.Receipt); err == nil && r.Reason == RefusalBudget {
		u.notIn = receipt.Epoch
		if u.short > 0 {
			u.until = now + shortBase<<min(u.short-1, maxDoublings)
		}
		u.short++
	} else {
		u.refused++
		l.refusals++
	}
	put(&l.unpaid, at, u)
	m.Receipt = nil
	o.sendFrom(r.Seq)
	if u.refused > maxRefused || l.refusals > maxRefusedOfAll {
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
