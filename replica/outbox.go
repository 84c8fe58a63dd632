package replica

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/world"
)

// maxRun is how many facts one decision pays for at most: more than the budget of an epoch, by default.
const maxRun = 1 << 16

// sendLoop is the session's sending task: hello, then facts in the order of their numbers, each paid for in the
// epoch in which it leaves.
func (s *session) sendLoop(tc task.Context) error {
	if err := s.greet(tc); err != nil {
		return err
	}
	reason, acked := "", uint64(0)
	for {
		s.publishChanges(tc)
		until, why, err := s.sendNext(tc)
		if err != nil {
			return err
		}
		if until == 0 {
			reason = ""
			continue
		}
		if confirmed, _ := s.link.ackedThrough(); why != reason || confirmed != acked {
			reason, acked = why, confirmed
			s.publishOutbox(tc, reason)
			if s.denial.Reason != 0 {
				s.reportWait(tc, s.denial)
			}
		}
		if _, err := s.link.wake.WaitUntil(tc, until); err != nil {
			return err
		}
	}
}

// greet says hello, waits for the peer's hello, and goes on where the last session ended.
func (s *session) greet(tc task.Context) error {
	env, l := s.env(), s.link
	paid, err := s.payments()
	if err != nil {
		return err
	}
	policy, err := env.Frontier.Policy(tc, s.peer.Context)
	if err != nil {
		return err
	}
	heads, err := env.Journal.Heads(l.namespace(), s.device)
	if err != nil {
		return err
	}
	elsewhere, err := s.elsewhere()
	if err != nil {
		return err
	}
	here := env.Addresses()
	s.lock.Lock()
	s.sentAddresses = here
	s.lock.Unlock()
	recent := guard.EpochAt(policy, tc.Now())
	if recent -= min(recent, 1); paid.chain.Count > 0 {
		recent = min(recent, paid.chain.Epoch) // the own clock may be ahead
	}
	messages, err := s.messagePayments().read(env.Journal.Meta)
	if err != nil {
		return err
	}
	greeting, err := encodeMessage(egress.NumberHello, hello{
		Messages: paidMessages{messages.chain.Epoch, messages.chain.Spent}, Heads: heads, Format: factsFormat, Epoch: paid.chain.Epoch, Receipts: paid.chain.Heads(), Spent: paid.chain.Spent,
		Counted: paid.spending.Since(recent), Addresses: here, Now: shownClock(tc), Elsewhere: elsewhere,
	})
	if err != nil {
		return err
	}
	pass, err := env.Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindHello, Bytes: len(greeting)})
	if err != nil {
		return err
	}
	if err := s.say(tc, pass, egress.KindHello, greeting); err != nil {
		return err
	}
	s.introduced.Open()
	wait, done := tc.WithBudget("greet", greetWithin)
	defer done()
	if err := s.greeted.Wait(wait); err != nil {
		return err
	}
	if err := s.learnSpending(tc); err != nil {
		return err
	}
	s.sent = s.progress()
	return s.resume(tc)
}

// learnSpending enters into the ledger the units that another copy of this home spent towards the peer, on facts and on messages of sessions. The
// peer refuses what goes beyond the limit for all copies together.
func (s *session) learnSpending(tc task.Context) error {
	s.lock.Lock()
	greeting := s.peerHello
	s.lock.Unlock()
	context := s.peer.Context
	if err := s.learn(tc, context, greeting.Epoch, greeting.Spent); err != nil {
		return err
	}
	return s.learn(tc, guard.MessageContext(context), greeting.Messages.Epoch, greeting.Messages.Spent)
}

// learn raises the ledger entry of a context to the units that the peer counted in an epoch.
func (s *session) learn(tc task.Context, ledger aura.ContextID, epoch aura.Epoch, spent uint64) error {
	policy, err := s.env().Frontier.Policy(tc, s.peer.Context)
	if err != nil {
		return err
	}
	learned := func(c fact.Charge) (fact.Charge, bool) {
		return guard.Learned(policy, c, epoch, spent, tc.Now())
	}
	if _, news := learned(s.env().Journal.Charge(ledger, s.peer.Authority)); !news {
		return nil
	}
	entry := new(journal.Entry)
	entry.Expect = func(v journal.View) error {
		entry.Charges = nil
		if charge, news := learned(v.Charge(ledger, s.peer.Authority)); news {
			entry.Charges = []fact.Charge{charge}
		}
		return nil
	}
	_, err = s.env().Journal.Append(tc, entry)
	return err
}

// resume takes up where the last session ended: what may go, and which receipts the peer has.
func (s *session) resume(tc task.Context) error {
	s.lock.Lock()
	greeting := s.peerHello
	s.lock.Unlock()
	charge := s.env().Journal.Charge(s.peer.Context, s.peer.Authority)
	s.greeting, s.released, s.epoch, s.version, s.sentReceipts = greeting, charge.Through, charge.Epoch, charge.Past.Changes, 0
	_, s.counted = greeting.counted(charge.Epoch)
	if greeting.Epoch == charge.Epoch && len(greeting.Receipts) > 0 {
		read := func(after uint64, most int) ([]effect.Receipt, error) {
			return s.env().Receipts(s.peer.Context, s.peer.Authority, charge.Epoch, after, most)
		}
		known, found, err := guard.KnownReceipts(greeting.Receipts, charge.Receipts, read)
		switch {
		case aura.KindOf(err) == aura.Stale: // the epoch has turned, and a chain began of which the peer has nothing
		case err != nil:
			return err
		case found:
			s.sentReceipts = known
		default:
			if s.sentReceipts, err = s.payAgain(tc, charge.Epoch); err != nil {
				return err
			}
		}
	}
	s.link.greeted = true
	s.publishConnection(tc)
	s.publishOutbox(tc, "")
	return nil
}

// payAgain has all own facts paid for again in an epoch that the peer lacks: it has receipts of the epoch, none of which
// is known here, so those that are known here may be there or not. It returns how many those are.
func (s *session) payAgain(tc task.Context, epoch aura.Epoch) (receipts uint64, err error) {
	through := s.progress()
	entry := new(journal.Entry)
	entry.Expect = func(v journal.View) error {
		entry.Charges = nil
		charge := v.Charge(s.peer.Context, s.peer.Authority)
		if charge.Epoch != epoch {
			receipts = 0 // of a chain that began meanwhile
			return nil
		}
		if receipts = charge.Receipts; charge.Until > max(through, charge.From) {
			entry.Charges = []fact.Charge{guard.Unpaid(charge)}
		}
		return nil
	}
	_, err = s.env().Journal.Append(tc, entry)
	return receipts, err
}

// publishConnection publishes how the peer is connected.
func (s *session) publishConnection(tc task.Context) {
	how := status.LinkDirect
	if s.channel.Relayed() {
		how = status.LinkRelayed
	}
	s.link.publishConnection(tc, how, "")
}

// publishChanges publishes by how much the clocks differ and whether the peer has facts of this device that are not here,
// when either has changed.
func (s *session) publishChanges(tc task.Context) {
	if apart, lacks := s.link.shownDifference(), s.link.lacks(); apart != s.clockDifference || lacks != s.lacks {
		s.clockDifference, s.lacks = apart, lacks
		s.publishConnection(tc)
	}
}

// sendNext sends the next facts that may go. It returns zero when there may be more, else the time until which
// nothing moves unless wake is notified, and why.
func (s *session) sendNext(tc task.Context) (until aura.Duration, reason string, err error) {
	env := s.env()
	s.released = max(s.released, s.link.paidThrough())
	s.sent = max(s.sent, s.progress()) // the peer may have what another copy of this home sent
	policy, err := env.Frontier.Policy(tc, s.peer.Context)
	if err != nil {
		return 0, "", err
	}
	s.channel.Rekey(guard.EpochAt(policy, tc.Now()))
	count := env.Journal.Count(s.link.namespace(), env.Ring.Device())
	if s.sent >= count || s.sent-min(s.sent, s.progress()) >= maxPending || s.link.member().Left {
		return task.Forever, "", nil
	}
	charge := env.Journal.Charge(s.peer.Context, s.peer.Authority)
	now := tc.Now()
	share := env.Frontier.Share(guard.ChargeBegan(policy, &charge, now), now.At)
	room := guard.HeadroomOf(policy, share, &charge, s.peer.Context, s.peer.Authority, now)
	most := policy.Limit - min(policy.Limit, s.othersSpent(room.Epoch)) // that this device may spend before the peer refuses it
	if s.sent >= room.From && s.sent < room.Through {
		// Paid for in this epoch. A commit is visible a moment before its facts are released.
		if s.sent >= s.released {
			return task.Forever, "", nil
		}
		refused, err := s.deliver(tc, &charge, min(room.Through, s.released), most)
		if err != nil || !refused {
			return 0, "", err
		}
		s.denial = guard.Denial{Stage: guard.StageFlow, Reason: guard.ReasonShort}
		return tc.Elapsed() + untilTurn(policy, tc.Now()), s.link.withClocks(tc, reasonBudget), nil
	}
	short, err := s.decide(tc, &room, most, count)
	s.denial = guard.Denial{}
	switch {
	case err == nil && short == 0:
		s.pause.Reset()
		return 0, "", nil
	case short == guard.ReasonTooLarge && share < guard.WholeShare:
		s.denial = guard.Denial{Stage: guard.StageFlow, Reason: short}
		return tc.Elapsed() + untilTurn(policy, tc.Now()), reasonTooLarge, nil // the share may grow with the epoch
	case short == guard.ReasonTooLarge:
		s.denial = guard.Denial{Stage: guard.StageFlow, Reason: short}
		return task.Forever, reasonTooLarge, nil
	case err == nil || isShort(err):
		s.denial = guard.Denial{Stage: guard.StageFlow, Reason: short}
		if d, ok := denial(err); ok {
			s.denial = *d
		}
		why := reasonBudget
		if s.denial.Reason == guard.ReasonUnshared {
			why = reasonUnshared
		}
		return tc.Elapsed() + untilTurn(policy, tc.Now()), s.link.withClocks(tc, why), nil
	case aura.KindOf(err) == aura.Denied:
		return task.Forever, "not allowed: " + aura.Reason(err), nil
	case isPassing(err):
		return tc.Elapsed() + s.pause.Next(env.Entropy), aura.Reason(err), nil
	}
	return 0, "", err
}

// othersSpent returns the units that other devices of the owner spent on the peer in an epoch: as the peer counted at its
// hello, or their ledger entries say.
func (s *session) othersSpent(epoch aura.Epoch) uint64 {
	j := s.env().Journal
	counted, _ := s.greeting.counted(epoch)
	all, known := j.Spent(s.peer.Context, s.peer.Authority, epoch)
	own := j.Charge(s.peer.Context, s.peer.Authority) // after the sum: it may grow in between
	if units, remembered := own.SpentIn(epoch); known && remembered {
		counted = max(counted, all-min(all, units))
	}
	return counted
}

// untilTurn returns the time until the epoch of the clock turns, or until the clock is looked at again: it may
// be set meanwhile.
func untilTurn(p guard.Policy, now aura.Physical) aura.Duration {
	turn := guard.NextEpoch(p, guard.EpochAt(p, now)).Sub(max(0, now.At))
	return min(turn+time.Millisecond, lookAgain)
}

// decide asks the guard for the next run of facts that are not paid for in this epoch: as many as the
// budget allows, which is no more than most in the epoch. It returns why not even the next one is affordable, zero when it is.
func (s *session) decide(tc task.Context, room *guard.Headroom, most, count uint64) (guard.Reason, error) {
	// A peer may have more than this epoch paid for; what follows is paid for from there on, so that no
	// fact is left out.
	send := guard.Send{Peer: s.peer.Authority, From: min(s.sent, room.Through)}
	limit := count
	if s.sent < room.From && room.From < room.Through {
		// Later facts were paid for in this epoch already. A run that reaches them joins them.
		limit = room.From
	}
	for limit = min(limit, send.From+maxRun); ; limit = send.From + (send.Through-send.From)/2 {
		short, err := s.afford(tc, &send, room, most, limit)
		if err != nil || short != 0 {
			return short, err
		}
		request := guard.Request{
			Capability: delivery.CapResend, Context: s.peer.Context, Authority: s.env().Ring.Authority(), Sends: []guard.Send{send},
		}
		_, err = s.env().Decider.Decide(tc, &request)
		if d, ok := denial(err); ok && d.Stage == guard.StageLeak && send.Through > send.From+1 {
			continue // fewer facts tell less
		}
		return 0, err
	}
}

// afford extends a run to as many facts as the budget allows, at most through limit and for most units in the epoch, and
// sums their cost and leakage. A run ends where the next fact is of another branch: a receipt covers a row of places.
func (s *session) afford(tc task.Context, run *guard.Send, room *guard.Headroom, most, limit uint64) (guard.Reason, error) {
	env := s.env()
	run.Through, run.Cost, run.Leak = run.From, 0, guard.Leakage{}
	most = min(most, room.Limit)
	left := most - min(most, room.Spent)
	var last *fact.Record
	for run.Through < limit {
		if err := tc.Err(); err != nil {
			return 0, err
		}
		page := int(min(maxDeliver, limit-run.Through))
		records, err := env.Journal.ByAuthorWithin(s.link.namespace(), env.Ring.Device(), run.Through+1, page, maxDeliverBytes)
		if err != nil || len(records) == 0 {
			return 0, err
		}
		for i := range records {
			size := len(records[i].Fact.Payload)
			cost := guard.CostOf(size)
			switch {
			case last != nil && !records[i].Follows(last):
				return 0, nil
			case room.Unshared:
				return guard.ReasonUnshared, nil
			case uint64(run.Cost)+uint64(cost) <= left:
			case uint64(cost) > room.Limit && run.Through == run.From:
				return guard.ReasonTooLarge, nil
			case run.Through == run.From:
				return guard.ReasonShort, nil
			default:
				return 0, nil
			}
			run.Cost += cost
			for o, bits := range guard.LeakOf(size) {
				run.Leak[o] += bits
			}
			run.Through, last = records[i].Number, &records[i]
		}
	}
	return 0, nil
}

// deliver sends the facts up to a number, as many as one message takes, with the receipts that cover them. Both are
// those of one reading of the ledger: a receipt of the next epoch must not pass facts that this one paid for. It sends
// nothing and returns true when the peer would count more than most units of this device in the epoch, and so refuse them.
func (s *session) deliver(tc task.Context, charge *fact.Charge, through, most uint64) (refused bool, err error) {
	env := s.env()
	if s.epoch != charge.Epoch || s.version != charge.Past.Changes {
		s.epoch, s.version, s.sentReceipts = charge.Epoch, charge.Past.Changes, 0
		_, s.counted = s.greeting.counted(charge.Epoch)
	}
	owed := charge.Receipts - min(charge.Receipts, s.sentReceipts)
	receipts, err := env.Receipts(s.peer.Context, s.peer.Authority, s.epoch, s.sentReceipts, int(min(owed, maxReceipts)))
	if aura.KindOf(err) == aura.Stale {
		return false, nil // decided anew in the epoch that has begun
	}
	if err != nil {
		return false, err
	}
	cost := uint64(0)
	for i := range receipts {
		cost += receipts[i].Cost
	}
	if cost > most-min(most, s.counted) {
		return true, nil
	}
	d, packed, err := s.packOf(env.Ring.Device(), s.sent, int(min(maxDeliver, through-s.sent)))
	if err != nil {
		return false, err
	}
	if uint64(len(receipts)) < owed {
		// More receipts than one message takes go ahead of the facts that they cover.
		d, packed = deliver{}, nil
	}
	last := s.sent
	if n := len(packed); n > 0 {
		last = packed[n-1].Number
	}
	for i := range receipts {
		d.Receipts = append(d.Receipts, receipts[i].Encode())
	}
	message, err := d.encode()
	if err != nil {
		return false, err
	}
	pass, err := egress.Covered(egress.KindFacts, len(message), charge.Head)
	if err != nil {
		return false, err
	}
	s.lock.Lock()
	s.limit = max(s.limit, last)
	s.pending.add(packed)
	s.lock.Unlock()
	if err := s.say(tc, pass, egress.KindFacts, message); err != nil {
		return false, err
	}
	s.sentReceipts, s.counted = s.sentReceipts+uint64(len(receipts)), s.counted+cost
	s.sent = last
	for i := range packed {
		tc.Emit(world.FactReleased(syncName, packed[i].ID))
	}
	if n := len(packed); n > 0 {
		newest := &packed[n-1]
		env.Decider.Trace.Tell(trace.Step{
			Stage: trace.StageSend, Kind: newest.Fact.Kind, ID: newest.ID, Peer: s.peer.Authority,
			Bytes: len(message), Count: n,
		})
	}
	s.publishOutbox(tc, "")
	return false, nil
}

// packOf returns a message with facts of a device after a number, as many as it takes, and their records. It ends before a
// fact of the first format that is not in one row with the first fact.
func (s *session) packOf(device aura.DeviceID, after uint64, most int) (d deliver, packed []fact.Record, err error) {
	records, err := s.env().Journal.ByAuthorWithin(s.link.namespace(), device, after+1, most, maxDeliverBytes)
	if err != nil {
		return d, nil, err
	}
	size, row := 0, fact.Place{}
	for i := range records {
		if r := &records[i]; r.Fact.Seq == 0 {
			if r.Before, err = s.env().Journal.Before(r); err != nil {
				return d, nil, err
			}
			if preds := r.Predecessors(); i > 0 && (len(preds) == 0 || preds[0] != row) {
				break
			}
			row = r.Row()
		} else {
			row = fact.Place{}
		}
		b := records[i].Canonical()
		size += len(b)
		if i == 0 || records[i].Proof.Batch() != records[i-1].Proof.Batch() {
			size += records[i].Proof.Room() // the others of its batch add next to nothing
		}
		if size > maxDeliverBytes && i > 0 {
			break
		}
		d.Facts = append(d.Facts, b)
		packed = records[:i+1]
	}
	if d.Proofs = fact.ShareProofs(packed); len(packed) > 0 && packed[0].Fact.Seq == 0 {
		d.Place, d.Before = packed[0].Seq, packed[0].Before
	}
	return d, packed, nil
}

// publishOutbox publishes how far the delivery is, and that the peer is connected.
func (s *session) publishOutbox(tc task.Context, reason string) {
	s.env().Presence.Set(tc, delivery.ObservedOutbox, s.link.key.outboxKey(), s.link.outbox(s.sent, reason))
}

// isShort reports whether a denial is for a budget that the next epoch restores.
func isShort(err error) bool {
	d, ok := denial(err)
	return ok && (d.Reason == guard.ReasonShort || d.Reason == guard.ReasonUnshared)
}
