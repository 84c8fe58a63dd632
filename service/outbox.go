package service

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// CapResend is what deciding earlier facts anew requires: those that waited for budget, and those that
// were paid for in an epoch that is over.
const CapResend = "delivery:resend"

// send is the session's sending task: hello, then facts in the order of their Seq, each paid for in the
// epoch in which it leaves.
func (s *session) send(tc task.Context) error {
	if err := s.greet(tc); err != nil {
		return err
	}
	reason := ""
	for {
		until, why, err := s.push(tc)
		if err != nil {
			return err
		}
		if until == 0 {
			reason = ""
			continue
		}
		if why != reason {
			reason = why
			s.show(tc, reason)
		}
		if _, err := s.link.bell.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// greet says hello, waits for the peer's, and takes up what the journal has released so far.
func (s *session) greet(tc task.Context) error {
	desk, l := s.desk(), s.link
	chain, err := s.chain()
	if err != nil {
		return err
	}
	greeting, err := encodeMessage(messageHello, hello{
		Have:  desk.Journal.Count(l.namespace(), s.peer.Certificate.Device()),
		Epoch: chain.Epoch, Head: chain.Head, Addresses: desk.Reach(),
	})
	if err != nil {
		return err
	}
	if err := s.channel.Send(tc, greeting); err != nil {
		return err
	}
	wait, done := tc.WithBudget("greet", greetWithin)
	defer done()
	if err := s.greeted.Wait(wait); err != nil {
		return err
	}
	s.sent = s.progress()
	return s.load(tc)
}

// load takes the receipts of the current epoch's chain after the one that the peer has. Those released
// from now on come from the link; one that comes both ways is taken once.
func (s *session) load(tc task.Context) error {
	l := s.link
	l.lock.Lock()
	l.fresh = nil
	l.lock.Unlock()
	charge := s.desk().Journal.Charge(s.peer.Context, s.peer.Authority)
	all, err := s.desk().Receipts(s.peer.Context, s.peer.Authority, 0, charge.Through)
	if err != nil {
		return err
	}
	s.lock.Lock()
	head := s.theirs.Head
	s.lock.Unlock()
	for i := range all {
		if all[i].Hash() == head {
			all = all[i+1:]
			break
		}
	}
	s.receipts, s.released = all, charge.Through
	s.link.connection(tc, &status.Connection{Reach: status.Direct, Since: tc.Now().At})
	s.show(tc, "")
	return nil
}

// collect takes what was released since.
func (s *session) collect() {
	l := s.link
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, r := range l.fresh {
		if !s.holds(&r) {
			s.receipts = append(s.receipts, r)
		}
	}
	l.fresh = nil
	s.released = max(s.released, l.released)
}

func (s *session) holds(r *effect.Receipt) bool {
	for i := range s.receipts {
		if s.receipts[i].Nonce == r.Nonce {
			return true
		}
	}
	return false
}

// push sends the next facts that may go. It returns zero when there may be more, else the time until which
// nothing moves unless the bell rings, and why.
func (s *session) push(tc task.Context) (until aura.Duration, reason string, err error) {
	const whenRung = aura.Duration(1<<63 - 1)
	desk := s.desk()
	s.collect()
	policy, err := desk.Tokens.Policy(tc, s.peer.Context)
	if err != nil {
		return 0, "", err
	}
	s.channel.Rekey(guard.EpochAt(policy, tc.Now()))
	if s.sent-min(s.sent, s.progress()) >= ahead {
		return whenRung, "", nil
	}
	charge := desk.Journal.Charge(s.peer.Context, s.peer.Authority)
	room := guard.HeadroomOf(policy, &charge, s.peer.Context, s.peer.Authority, tc.Now())
	count := desk.Journal.Count(s.link.namespace(), desk.Ring.Device())
	switch {
	case s.sent >= count:
		return whenRung, "", nil
	case s.sent >= room.From && s.sent < room.Through:
		// Paid for in this epoch. A commit is visible a moment before its receipts are released.
		if s.sent >= s.released {
			return whenRung, "", nil
		}
		return 0, "", s.ship(tc, min(room.Through, s.released))
	}
	through := count
	if s.sent < room.From {
		through = room.From
	}
	decided, err := s.decide(tc, &room, through)
	switch {
	case err == nil && decided:
		return 0, "", nil
	case err == nil || isShort(err):
		return tc.Elapsed() + guard.NextEpoch(policy, room.Epoch).Sub(tc.Now().At) + time.Millisecond, reasonBudget, nil
	case aura.KindOf(err) == aura.Denied:
		return whenRung, "not allowed: " + aura.Reason(err), nil
	case aura.KindOf(err) == aura.Exhausted, aura.KindOf(err) == aura.Unavailable, aura.KindOf(err) == aura.Conflict:
		return tc.Elapsed() + 5*time.Second, aura.Reason(err), nil
	}
	return 0, "", err
}

// decide asks the guard for the next run of facts that are not paid for in this epoch: as many as the
// budget allows. It reports whether any were allowed.
func (s *session) decide(tc task.Context, room *guard.Headroom, through uint64) (bool, error) {
	desk := s.desk()
	records, err := desk.Journal.ByAuthor(s.link.namespace(), desk.Ring.Device(), s.sent+1, int(min(maxDeliver, through-s.sent)))
	if err != nil {
		return false, err
	}
	left := room.Limit - min(room.Limit, room.Spent)
	send := guard.Send{Peer: s.peer.Authority, From: s.sent, Through: s.sent}
	for i := range records {
		size := len(records[i].Fact.Payload)
		cost := guard.CostOf(size)
		if uint64(send.Cost)+uint64(cost) > left {
			break
		}
		send.Cost += cost
		for o, bits := range guard.LeakOf(size) {
			send.Leak[o] += bits
		}
		send.Through = records[i].Seq
	}
	if send.Through == s.sent {
		return false, nil
	}
	request := guard.Request{
		Capability: CapResend, Context: s.peer.Context, Authority: desk.Ring.Authority(), Sends: []guard.Send{send},
	}
	_, err = desk.decide(tc, &request)
	return err == nil, err
}

// ship sends the facts up to a Seq, as many as one message takes, with the receipts that cover them.
func (s *session) ship(tc task.Context, through uint64) error {
	desk := s.desk()
	records, err := desk.Journal.ByAuthor(s.link.namespace(), desk.Ring.Device(), s.sent+1, int(min(maxDeliver, through-s.sent)))
	if err != nil {
		return err
	}
	var d deliver
	size := 0
	last := s.sent
	for i := range records {
		b := records[i].Encode()
		if size += len(b); size > maxDeliverBytes && i > 0 {
			break
		}
		d.Records = append(d.Records, b)
		last = records[i].Seq
	}
	receipts := s.receipts[:min(len(s.receipts), maxReceipts)]
	for i := range receipts {
		d.Receipts = append(d.Receipts, receipts[i].Encode())
	}
	if len(receipts) < len(s.receipts) {
		// More receipts than one message takes go ahead of the facts that they cover.
		d.Records, last = nil, s.sent
	}
	message, err := encodeMessage(messageDeliver, d)
	if err != nil {
		return err
	}
	s.lock.Lock()
	s.limit = max(s.limit, last)
	s.lock.Unlock()
	if err := s.channel.Send(tc, message); err != nil {
		return err
	}
	s.receipts = s.receipts[len(receipts):]
	s.sent = last
	if n := len(d.Records); n > 0 {
		desk.trace(Step{
			Stage: StageSend, Kind: records[n-1].Fact.Kind, ID: records[n-1].ID, Peer: s.peer.Authority,
			Bytes: len(message), Count: n,
		})
	}
	s.show(tc, "")
	return nil
}

// show publishes how far the delivery is, and that the peer is connected.
func (s *session) show(tc task.Context, reason string) {
	desk, key := s.desk(), chat.OutboxKey(s.peer.Context, s.peer.Authority)
	charge := desk.Journal.Charge(s.peer.Context, s.peer.Authority)
	desk.Board.Show(tc, chat.ObservedOutbox, key, chat.Outbox{Sent: s.sent, Charged: charge.Through, Reason: reason})
}

// isShort reports whether a denial is for a budget that the next epoch restores.
func isShort(err error) bool {
	d, ok := denial(err)
	return ok && d.Reason == guard.Short
}
