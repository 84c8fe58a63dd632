package replica

import (
	"errors"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/world"
)

// commitLoop is the session's task that makes received facts durable. Facts that wait in the inbox share a commit;
// the acknowledgement leaves after its sync. It never waits for the channel: while both sides' sending buffers
// are full, each is emptied only by the other's reading.
func (s *session) commitLoop(tc task.Context) error {
	for {
		first, err := s.inbox.Recv(tc)
		if err != nil {
			return err
		}
		batch := []deliver{first}
		for len(batch) < inboxCapacity {
			d, ok := s.inbox.TryRecv()
			if !ok {
				break
			}
			batch = append(batch, d)
		}
		if err := s.commitBatch(tc, batch); err != nil {
			return err
		}
	}
}

// commitBatch verifies a batch, commits its new facts and has them acknowledged.
func (s *session) commitBatch(tc task.Context, batch []deliver) error {
	if s.peer.Leaving {
		return nil // an owner who left a group keeps nothing of it
	}
	for {
		err := s.commitOnce(tc, batch)
		if aura.KindOf(err) != aura.Stale || tc.Err() != nil {
			return err
		}
		// Another device of the peer paid at the same moment: what this batch may spend is counted anew.
	}
}

// commitOnce makes one attempt. It returns aura.Stale when the peer's other devices spent something in the meantime.
func (s *session) commitOnce(tc task.Context, batch []deliver) error {
	env := s.env()
	paid, err := s.payments()
	if err != nil {
		return err
	}
	policy, err := env.Frontier.Policy(tc, s.peer.Context)
	if err != nil {
		return err
	}
	s.channel.Rekey(guard.EpochAt(policy, tc.Now()))
	before, delivered := paid, false
	entry, returned := &journal.Entry{}, []fact.Record(nil)
	for i := range batch {
		d := &batch[i]
		if err := s.receipt(tc, d.Receipts, &paid, policy); err != nil {
			return err
		}
		records, err := d.records()
		if err != nil {
			return err
		}
		fresh := records[:0]
		for j := range records {
			r := &records[j]
			if r.Fact.Device == env.Ring.Device() {
				if err = s.takeBack(r); err == nil {
					returned = append(returned, *r)
				}
			} else {
				var isNew bool
				isNew, err = s.verify(r, &paid.chain)
				if isNew && s.link.member().Left {
					// Another copy of its home may not know yet that it left, and learns it in this session.
					tc.Emit(world.IngressRejected(syncName, "a fact of a member who left the group", aura.Denied))
				} else if isNew {
					fresh = append(fresh, *r)
				}
				delivered = true // one that is here already is acknowledged again: the peer did not hear it
			}
			if err != nil {
				return err
			}
		}
		if entry.Foreign == nil {
			entry.Foreign = fresh
		} else {
			entry.Foreign = append(entry.Foreign, fresh...)
		}
	}
	if err := s.commit(tc, entry, &before, &paid); err != nil {
		return err
	}
	if err := s.commitReturned(tc, returned); err != nil {
		return err
	}
	if delivered && paid.chain.Head != ([32]byte{}) { // else no receipt pays for an acknowledgement
		s.lock.Lock()
		s.ackReceipt = paid.chain.Head
		s.lock.Unlock()
		s.durable.Notify()
	}
	return nil
}

// ackLoop is the session's task that acknowledges what commitLoop made durable. One acknowledgement stands for all
// that became durable while the channel took no more.
func (s *session) ackLoop(tc task.Context) error {
	for {
		if err := s.durable.Wait(tc); err != nil {
			return err
		}
		s.lock.Lock()
		receipt := s.ackReceipt
		s.lock.Unlock()
		heads, err := s.env().Journal.Heads(s.link.namespace(), s.device)
		if err != nil {
			return err
		}
		message, err := encodeMessage(egress.NumberAck, ack{Heads: heads, Now: shownClock(tc)})
		if err != nil {
			return err
		}
		pass, err := egress.Covered(egress.KindAck, len(message), receipt)
		if err != nil {
			return err
		}
		if err := s.say(tc, pass, egress.KindAck, message); err != nil {
			return err
		}
	}
}

// commit makes received facts and the chain of their receipts durable. Facts and receipts that are there already cost
// no sync. After an error nothing of it is durable, so nothing is acknowledged: the peer sends it again.
func (s *session) commit(tc task.Context, entry *journal.Entry, before, paid *payments) error {
	if len(entry.Foreign) == 0 && *paid == *before {
		return nil
	}
	var err error
	if entry.Meta, err = s.paymentsMeta(paid); err != nil {
		return err
	}
	ns, device := s.link.namespace(), s.device
	branched := s.env().Journal.Branched(ns, device)
	entry.Expect = func(v journal.View) error {
		if err := s.listed(); err != nil || paid.spending == before.spending {
			return err
		}
		return expectSpending(v, s.spendingKey(), &before.spending)
	}
	kept, err := s.env().Journal.Append(tc, entry)
	if _, gap := errors.AsType[*journal.GapError](err); gap {
		err = &aura.Error{Op: "replica.commit", Kind: aura.Corrupt, Err: err}
	}
	if err != nil {
		return err
	}
	for i := range kept {
		tc.Emit(world.FactReceived(syncName, kept[i].ID))
		s.env().Decider.Trace.Tell(trace.Record(trace.StageReceive, &kept[i]))
	}
	if !branched && s.env().Journal.Branched(ns, device) {
		for _, l := range s.link.sync.linksIn(s.peer.Context) {
			l.forked.Notify()
		}
	}
	return nil
}

// listed returns aura.Denied when the peer removed the device that speaks: nothing is taken from it from then on. The
// journal asks it when it has told the directory of all facts before.
func (s *session) listed() error {
	turn := s.env().Directory.Turn()
	if turn == s.turn {
		return nil
	}
	if s.env().Directory.Unlisted(&s.peer) {
		return aura.Errorf("replica.listed", aura.Denied, "facts of a device that its account removed")
	}
	s.turn = turn
	return nil
}

// receipt advances the chain of the peer's receipts. A receipt for facts that are covered already is skipped.
func (s *session) receipt(tc task.Context, encoded [][]byte, paid *payments, policy guard.Policy) error {
	for _, b := range encoded {
		r, err := effect.DecodeReceipt(b)
		if err != nil {
			return err
		}
		here := false
		if r.LastID != ([fact.ShortID]byte{}) {
			at := fact.Place{Seq: r.LastSeq, ID: r.LastID}
			if here, err = s.env().Journal.Has(s.link.namespace(), s.device, at); err != nil {
				return err
			}
		}
		err = paid.chain.Accept(&r, s.peer.Device.Signing[:], here, &paid.spending, policy, tc.Now())
		if err != nil && aura.KindOf(err) != aura.Stale {
			return err
		}
	}
	return nil
}

// verify checks that the peer stands for a record and paid for it, and reports false for one that is here already.
func (s *session) verify(r *fact.Record, chain *guard.ReceiptChain) (fresh bool, err error) {
	const op = "replica.verify"
	if r.Fact.Namespace != s.link.namespace() || r.Fact.Author != s.peer.Authority || r.Fact.Device != s.device {
		return false, aura.Errorf(op, aura.Denied, "a fact of another author or context")
	}
	if here, err := s.env().Journal.Has(r.Fact.Namespace, r.Fact.Device, r.Row()); err != nil || here {
		return false, err
	}
	if !chain.Covers(r.Place()) {
		return false, aura.Errorf(op, aura.Denied, "fact %d came without a receipt", r.Seq)
	}
	if err := s.verifier.Verify(r); err != nil {
		return false, err
	}
	if err := s.env().Registry.Check(&r.Fact); err != nil {
		return false, &aura.Error{Op: op, Kind: aura.Denied, Err: &refusedError{r.Seq, r.Fact.Kind, err}}
	}
	return true, nil
}

// denial returns the guard's reason in an error.
func denial(err error) (*guard.Denial, bool) {
	var d *guard.Denial
	return d, errors.As(err, &d)
}

// refusedError is a fact of a peer that does not pass the check of its kind.
type refusedError struct {
	seq  uint64
	kind string
	err  error
}

// Error names the fact's place and kind.
func (e *refusedError) Error() string {
	return fmt.Sprintf("fact %d of kind %s: %v", e.seq, e.kind, e.err)
}

// Unwrap returns what the check says.
func (e *refusedError) Unwrap() error { return e.err }
