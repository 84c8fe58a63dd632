package replica

import (
	"fmt"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/trace"
	"github.com/aura-runtime/aura/world"
)

// A home that was restored from an older copy, or that runs in two copies, meets peers that have facts of its device
// which it has not. It asks the peer where their ways part, 16 places at a time, and takes the rest back. Facts of both
// copies follow the same fact then, and both count.

const (
	// answerWithin is how long a peer may take to answer, and returnWithin to return facts, until this side asks again.
	answerWithin = 20 * time.Second
	returnWithin = 2 * time.Minute
	// askedCapacity is how many questions of a peer may wait.
	askedCapacity = 4
	// returnsBurst is how often at once a session returns facts: a peer that has them asks once.
	returnsBurst = 8
	// spareControl is which part of the control budget the return of facts leaves, as a divisor: it must still pay for the
	// openings and greetings of the epoch.
	spareControl = 4
)

// olderError is the hello of a build whose facts do not sign their places.
type olderError struct{ format uint64 }

// Error says what to do.
func (e *olderError) Error() string {
	return fmt.Sprintf("the peer reads facts of format %d, this agent writes format %d: the peer must update aura", e.format, factsFormat)
}

// recallLoop is the session's task that asks the peer for facts of this device, until all are here.
func (s *session) recallLoop(tc task.Context) error {
	if err := s.introduced.Wait(tc); err != nil {
		return err
	}
	pause, again := redial(), task.Forever
	for {
		if _, err := s.recalls.WaitUntil(tc, again); err != nil {
			return err
		}
		asked, err := s.recall(tc)
		again = task.Forever
		switch {
		case tc.Err() != nil:
			return tc.Err()
		case err != nil && aura.KindOf(err) != aura.Timeout && aura.KindOf(err) != aura.Denied && !isPassing(err):
			return err
		case err != nil:
			tc.Emit(world.ServiceTroubled(syncName, "facts of this device not returned", "", err))
			again = tc.Elapsed() + pause.Next(s.env().Entropy)
		case asked:
			again = tc.Elapsed() + returnWithin
		}
	}
}

// recall finds the newest fact of this device that both sides have on the branches which this home does not know, and
// has the peer return what follows it. It returns false when there is nothing to ask for.
func (s *session) recall(tc task.Context) (asked bool, err error) {
	env, ns, device := s.env(), s.link.namespace(), s.env().Ring.Device()
	if err := s.link.noteCopy(tc); err != nil {
		return false, err
	}
	s.lock.Lock()
	heads := s.peerHeads
	s.lock.Unlock()
	_, unknown, err := env.Journal.Behind(ns, device, heads)
	if err != nil || len(unknown) == 0 {
		return false, err
	}
	own, err := env.Journal.Heads(ns, device)
	if err != nil {
		return false, err
	}
	deepest := func(all []fact.Place) (seq uint64) {
		for _, p := range all {
			seq = max(seq, p.Seq)
		}
		return seq
	}
	var common fact.Place
	err = narrow(min(deepest(own), deepest(unknown)), func(ask []uint64) (shared int, err error) {
		held, err := s.ask(tc, ask)
		if err != nil {
			return 0, err
		}
		for i, seq := range ask {
			same, err := s.known(held, seq)
			if err != nil || same == (fact.Place{}) {
				return i, err
			}
			common = same
		}
		return len(ask), nil
	})
	if err != nil {
		return false, err
	}
	after := slices.DeleteFunc(slices.Clone(heads), func(p fact.Place) bool { return slices.Contains(unknown, p) })
	if common != (fact.Place{}) && !slices.Contains(after, common) {
		after = append(after, common)
	}
	return true, s.postPlaces(tc, egress.KindRecall, places{Return: true, After: after})
}

// narrow asks about places up to the last one until the greatest of those that both sides share is known. ask gets ascending
// places and returns how many of them are shared: the first ones. Each answer leaves a sixteenth of the places, so n of them take at
// most log₁₆ n + 2 questions.
func narrow(last uint64, ask func([]uint64) (shared int, err error)) error {
	for low, high := uint64(0), last+1; high-low > 1; {
		seqs := spread(low, high)
		shared, err := ask(seqs)
		if err != nil {
			return err
		}
		if shared < len(seqs) {
			high = seqs[shared]
		}
		if shared > 0 {
			low = seqs[shared-1]
		}
	}
	return nil
}

// spread returns at most maxAsked places between two, the greatest one among them.
func spread(low, high uint64) (ask []uint64) {
	n := min(high-low-1, maxAsked)
	for i := range n {
		ask = append(ask, low+(high-1-low)*(i+1)/n)
	}
	return ask
}

// known returns the place among those that the peer holds which this home has too.
func (s *session) known(held []fact.Place, seq uint64) (fact.Place, error) {
	for _, p := range held {
		if p.Seq != seq {
			continue
		}
		_, unknown, err := s.env().Journal.Behind(s.link.namespace(), s.env().Ring.Device(), []fact.Place{p})
		if err != nil || len(unknown) == 0 {
			return p, err
		}
	}
	return fact.Place{}, nil
}

// ask asks the peer which facts of this device it has at some places.
func (s *session) ask(tc task.Context, seqs []uint64) ([]fact.Place, error) {
	s.answers.TryRecv() // one that came late
	if err := s.postPlaces(tc, egress.KindRecall, places{Ask: seqs}); err != nil {
		return nil, err
	}
	wait, done := tc.WithBudget("ask", answerWithin)
	defer done()
	answer, err := s.answers.Recv(wait)
	return answer.Held, err
}

func (s *session) postPlaces(tc task.Context, kind egress.Kind, p places) error {
	message, err := encodeMessage(egress.NumberPlaces, p)
	if err != nil {
		return err
	}
	pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: kind, Bytes: len(message)})
	if err != nil {
		return err
	}
	return s.say(tc, pass, kind, message)
}

// onPlaces hands a question or an answer to the task that it is for.
func (s *session) onPlaces(tc task.Context, p places) error {
	if !s.greeted.Opened() {
		return aura.Errorf("replica.onPlaces", aura.Corrupt, "a question about places before the hello")
	}
	if err := p.check(); err != nil {
		return err
	}
	to := s.answers
	if p.Return || len(p.Ask) > 0 {
		to = s.asked
	}
	if !to.TrySend(p) {
		tc.Emit(world.IngressDropped(syncName, "too many questions about places", aura.Exhausted))
	}
	return nil
}

// returnLoop is the session's task that answers which facts of the peer's device are here, and returns them.
func (s *session) returnLoop(tc task.Context) error {
	returns := limiter{burst: returnsBurst}
	for {
		p, err := s.asked.Recv(tc)
		if err != nil {
			return err
		}
		if p.Return {
			if returns.admit(tc.Elapsed()) {
				err = s.giveBack(tc, p.After)
			}
		} else {
			var held []fact.Place
			if held, err = s.held(p.Ask); err == nil {
				err = s.postPlaces(tc, egress.KindPlaces, places{Held: held})
			}
		}
		if err != nil && aura.KindOf(err) != aura.Denied && !isPassing(err) {
			return err
		} else if err != nil {
			tc.Emit(world.ServiceTroubled(syncName, "facts of a peer not returned", "", err))
		}
	}
}

// held returns the facts of the peer's device at some places, of each place the first [fact.MaxHeads] that came: a home
// that began from one backup a thousand times has a thousand facts behind it.
func (s *session) held(seqs []uint64) (all []fact.Place, err error) {
	for _, seq := range seqs {
		there, err := s.env().Journal.Held(s.link.namespace(), s.device, []uint64{seq})
		if err != nil {
			return nil, err
		}
		all = append(all, there[:min(len(there), fact.MaxHeads)]...)
	}
	return all, nil
}

// giveBack sends the peer the facts of its device that are neither the given ones nor behind them, as far as the control
// budget goes. The peer asks for the rest later.
func (s *session) giveBack(tc task.Context, after []fact.Place) error {
	env, ns, device := s.env(), s.link.namespace(), s.device
	through, _, err := env.Journal.Behind(ns, device, after)
	if err != nil {
		return err
	}
	for {
		d, packed, err := s.packOf(device, through, maxDeliver)
		if err != nil || len(packed) == 0 {
			return err
		}
		message, err := d.encode()
		if err != nil {
			return err
		}
		if spare, err := s.sparesControl(tc, guard.CostOf(len(message))); err != nil || !spare {
			return err
		}
		pass, err := env.Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindReturned, Bytes: len(message)})
		if err != nil {
			return err
		}
		if err := s.say(tc, pass, egress.KindReturned, message); err != nil {
			return err
		}
		through = packed[len(packed)-1].Number
	}
}

// sparesControl reports whether the control budget towards the peer has its spare part left after a message.
func (s *session) sparesControl(tc task.Context, cost aura.FlowCost) (bool, error) {
	policy, err := s.env().Frontier.Policy(tc, s.peer.Context)
	if err != nil {
		return false, err
	}
	request := guard.Request{Context: s.peer.Context, Sends: []guard.Send{{Form: guard.FormControl}}}
	budget := request.Budget()
	charge := s.env().Journal.Charge(budget, s.peer.Authority)
	limits, now := policy.For(&request), tc.Now()
	share := s.env().Frontier.Share(guard.ChargeBegan(limits, &charge, now), now.At)
	room := guard.HeadroomOf(limits, share, &charge, budget, s.peer.Authority, now)
	return room.Spent+uint64(cost)+room.Limit/spareControl <= room.Limit, nil
}

// takeBack returns a record of this device that the peer returned, if it is one.
func (s *session) takeBack(r *fact.Record) error {
	const op = "replica.takeBack"
	if r.Fact.Namespace != s.link.namespace() || r.Fact.Author != s.env().Ring.Authority() {
		return aura.Errorf(op, aura.Denied, "a returned fact of another author or context")
	}
	return s.own.Verify(r)
}

// commitReturned makes returned facts durable, and looks again at what the peer has.
func (s *session) commitReturned(tc task.Context, returned []fact.Record) error {
	if len(returned) == 0 {
		return nil
	}
	env := s.env()
	kept, err := env.Journal.Append(tc, &journal.Entry{Foreign: returned})
	if err != nil {
		return err
	}
	for i := range kept {
		tc.Emit(world.FactReceived(syncName, kept[i].ID))
		env.Decider.Trace.Tell(trace.Record(trace.StageReceive, &kept[i]))
	}
	s.lock.Lock()
	heads := s.peerHeads
	s.lock.Unlock()
	through, unknown, err := env.Journal.Behind(s.link.namespace(), env.Ring.Device(), heads)
	if err != nil {
		return err
	}
	s.link.peerHas(tc, heads, unknown)
	s.confirm(tc, through)
	s.link.wake.Notify()
	return s.link.noteCopy(tc)
}
