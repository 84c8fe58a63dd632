package guard_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

func kinds(out *guard.Outcome) []effect.Kind {
	var ks []effect.Kind
	for i := range out.Commands {
		ks = append(ks, out.Commands[i].Kind)
	}
	return ks
}

func TestAllowedRequestListsItsCommandsInStageOrder(t *testing.T) {
	r := text(ben, cleo)
	r.Metadata = []guard.Meta{{Key: "k", Value: []byte("v")}}
	r.Nonces = 1
	out := evaluate(snapshot(guard.DefaultPolicy(), ben, cleo), r)
	if !out.Allowed || out.Denial.Err() != nil {
		t.Fatalf("denied: %v", out.Denial.Err())
	}
	want := []effect.Kind{
		effect.ChargeBudget, effect.ChargeBudget, effect.RecordLeakage, effect.RecordLeakage,
		effect.StoreMetadata, effect.AppendJournal, effect.GenerateNonce,
		effect.SendEnvelope, effect.SendEnvelope,
	}
	if diff := cmp.Diff(want, kinds(out)); diff != "" {
		t.Error(diff)
	}
	first := effect.Command{
		Kind: effect.ChargeBudget, Context: room, Authority: own, Peer: ben, Amount: 1,
		Epoch: guard.EpochAt(guard.DefaultPolicy(), noon),
	}
	if diff := cmp.Diff(first, out.Commands[0]); diff != "" {
		t.Error(diff)
	}
	if got := out.Commands[2]; got.Observer != fact.ObserverNeighbour || got.Bits != 2 {
		t.Errorf("two sends of one bit each tell neighbours %d bits (%s)", got.Bits, got.Observer)
	}
	if got := *out.Commands[8].Envelope; got != (effect.Envelope{Context: room, Peer: cleo}) {
		t.Errorf("envelope %+v", got)
	}
}

func TestDenials(t *testing.T) {
	type variant func(*guard.Snapshot, *guard.Request)
	policy := guard.DefaultPolicy()
	policy.Limit = 10
	cases := map[string]struct {
		change variant
		stage  guard.Stage
		reason guard.Reason
	}{
		"capability not in the frontier": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Caps = guard.NewFrontier("chat:sen", "chat:send2") },
			guard.StageCapability, guard.ReasonNotGranted,
		},
		"no capability named": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Capability = "" }, guard.StageCapability, guard.ReasonMissingMetadata,
		},
		"no authority": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Authority = aura.AuthorityID{} },
			guard.StageCapability, guard.ReasonMissingMetadata,
		},
		"send without a context": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Context = aura.ContextID{} },
			guard.StageCapability, guard.ReasonMissingMetadata,
		},
		"needed metadata is absent": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Needs = []string{"channel"} },
			guard.StageCapability, guard.ReasonMissingMetadata,
		},
		"peer without a budget": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Budgets = nil }, guard.StageFlow, guard.ReasonUndefined,
		},
		"peer named twice": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Sends = append(r.Sends, r.Sends[0]) },
			guard.StageFlow, guard.ReasonMalformed,
		},
		"send without a cost": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Sends[0].Cost = 0 }, guard.StageFlow, guard.ReasonMalformed,
		},
		"run beyond the last fact": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Sends[0].Through = 1 }, guard.StageFlow, guard.ReasonMalformed,
		},
		"run that skips facts": {
			func(s *guard.Snapshot, r *guard.Request) {
				s.Last = 3
				r.Sends[0].From, r.Sends[0].Through = 1, 3
			},
			guard.StageFlow, guard.ReasonMalformed,
		},
		"budget of another context": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Budgets[0].Context[0]++ }, guard.StageFlow, guard.ReasonMalformed,
		},
		"budget used up": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Budgets[0].Spent = 10 }, guard.StageFlow, guard.ReasonShort,
		},
		"budget overspent": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Budgets[0].Spent = math.MaxUint64 },
			guard.StageFlow, guard.ReasonShort,
		},
		"more than any epoch allows": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Sends[0].Cost = 11; r.Queue = true },
			guard.StageFlow, guard.ReasonTooLarge,
		},
		"earlier facts wait": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Last = 1 }, guard.StageFlow, guard.ReasonBacklog,
		},
		"retransmission of what was never decided": {
			func(s *guard.Snapshot, r *guard.Request) {
				s.Last = 1
				r.Sends[0].Through, r.Sends[0].Retransmit = 1, true
			},
			guard.StageFlow, guard.ReasonUndecided,
		},
		"undefined leakage budget": {
			func(s *guard.Snapshot, _ *guard.Request) { s.Leakage[fact.ObserverExternal].Defined = false },
			guard.StageLeak, guard.ReasonUndefined,
		},
		"leakage to nobody that has a name": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Sends[0].Leak[0] = 1 }, guard.StageLeak, guard.ReasonUndefined,
		},
		"leakage budget used up": {
			func(s *guard.Snapshot, _ *guard.Request) {
				s.Leakage[fact.ObserverExternal].Spent = s.Leakage[fact.ObserverExternal].Limit
			},
			guard.StageLeak, guard.ReasonShort,
		},
		"undefined leakage behind a short one": {
			func(s *guard.Snapshot, r *guard.Request) {
				r.Queue = true
				s.Leakage[fact.ObserverNeighbour].Spent = s.Leakage[fact.ObserverNeighbour].Limit
				s.Leakage[fact.ObserverExternal].Defined = false
			},
			guard.StageLeak, guard.ReasonUndefined,
		},
		"leakage beyond any epoch": {
			func(s *guard.Snapshot, r *guard.Request) {
				r.Queue = true
				s.Leakage[fact.ObserverExternal].Limit = 0
			},
			guard.StageLeak, guard.ReasonTooLarge,
		},
		"fact of another context": {
			func(_ *guard.Snapshot, r *guard.Request) {
				r.Entries[0].Namespace = fact.ContextNamespace(aura.ContextID{8})
			},
			guard.StageJournal, guard.ReasonForeignNamespace,
		},
		"fact of another authority": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Entries[0].Namespace = fact.OwnNamespace(ben) },
			guard.StageJournal, guard.ReasonForeignNamespace,
		},
		"envelope without a fact": {
			func(_ *guard.Snapshot, r *guard.Request) { r.Entries[0].Namespace = fact.OwnNamespace(own) },
			guard.StageJournal, guard.ReasonUncoupled,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, r := snapshot(policy, ben), text(ben)
			c.change(s, r)
			out := evaluate(s, r)
			if out.Allowed || len(out.Commands) != 0 || len(out.Waiting) != 0 {
				t.Errorf("allowed %v with %d commands and %d waiting", out.Allowed, len(out.Commands), len(out.Waiting))
			}
			if out.Denial.Stage != c.stage || out.Denial.Reason != c.reason {
				t.Errorf("denied by %v: %v", out.Denial.Stage, out.Denial.Reason)
			}
			err := out.Denial.Err()
			var denial *guard.Denial
			if !errors.Is(err, aura.Denied) || !errors.As(err, &denial) || denial.Stage != c.stage {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestNeededMetadataIsFound(t *testing.T) {
	s, r := snapshot(guard.DefaultPolicy(), ben), text(ben)
	s.Metadata = guard.MetadataView{{Key: "a"}, {Key: "channel", Value: []byte("x")}}
	r.Needs = []string{"channel", "a"}
	if out := evaluate(s, r); !out.Allowed {
		t.Error(out.Denial.Err())
	}
}

func TestLocalOperationNeedsNoBudget(t *testing.T) {
	r := &guard.Request{
		Capability: chatSend, Authority: own,
		Entries: []fact.Draft{{Namespace: fact.OwnNamespace(own), Kind: "contact.renamed"}},
	}
	out := evaluate(&guard.Snapshot{Caps: guard.NewFrontier(chatSend)}, r)
	if diff := cmp.Diff([]effect.Kind{effect.AppendJournal}, kinds(out)); !out.Allowed || diff != "" {
		t.Errorf("%v\n%s", out.Denial.Err(), diff)
	}
}

func TestOneShortPeerWaitsWhileTheRestProceeds(t *testing.T) {
	s, r := snapshot(guard.DefaultPolicy(), ben, cleo), text(ben, cleo)
	r.Queue = true
	s.Budgets[0].Spent = s.Budgets[0].Limit
	out := evaluate(s, r)
	if !out.Allowed {
		t.Fatal(out.Denial.Err())
	}
	want := []guard.Waiting{{Peer: ben, Stage: guard.StageFlow, Reason: guard.ReasonShort, Epoch: s.Budgets[0].Epoch, Need: 1}}
	if diff := cmp.Diff(want, out.Waiting); diff != "" {
		t.Error(diff)
	}
	order := []effect.Kind{
		effect.ChargeBudget, effect.RecordLeakage, effect.RecordLeakage, effect.AppendJournal, effect.SendEnvelope,
	}
	if diff := cmp.Diff(order, kinds(out)); diff != "" {
		t.Error(diff)
	}
	if out.Commands[0].Peer != cleo || out.Commands[4].Peer != cleo {
		t.Error("the waiting peer was charged or sent to")
	}
}

func TestLeakageBudgetIsSharedByTheSendsOfARequest(t *testing.T) {
	s, r := snapshot(guard.DefaultPolicy(), ben, cleo), text(ben, cleo)
	s.Leakage[fact.ObserverExternal].Spent = s.Leakage[fact.ObserverExternal].Limit - 1
	if out := evaluate(s, r); out.Denial.Stage != guard.StageLeak || out.Denial.Peer != cleo {
		t.Errorf("denial %+v", out.Denial)
	}
	r.Queue = true
	out := evaluate(s, r)
	if !out.Allowed || len(out.Waiting) != 1 || out.Waiting[0].Peer != cleo || out.Waiting[0].Stage != guard.StageLeak {
		t.Errorf("waiting %+v, denial %v", out.Waiting, out.Denial.Err())
	}
}

// TestOnlyWhatIsChargedTellsAnObserver: a send that waits tells no observer anything yet, and one that was charged before
// told it then.
func TestOnlyWhatIsChargedTellsAnObserver(t *testing.T) {
	p := guard.DefaultPolicy()
	bits := func(out *guard.Outcome) (told [fact.Observers]uint32) {
		for i := range out.Commands {
			if c := &out.Commands[i]; c.Kind == effect.RecordLeakage {
				told[c.Observer] += c.Bits
			}
		}
		return told
	}
	alone := bits(evaluate(snapshot(p, cleo), text(cleo)))
	if alone == ([fact.Observers]uint32{}) {
		t.Fatal("a text tells nobody anything")
	}

	s, r := snapshot(p, ben, cleo), text(ben, cleo)
	r.Queue = true
	s.Budgets[0].Spent = s.Budgets[0].Limit
	if out := evaluate(s, r); len(out.Waiting) != 1 || bits(out) != alone {
		t.Errorf("a send that waits is counted: %v for one text is %v, waiting %v", bits(out), alone, out.Waiting)
	}

	s, r = snapshot(p, ben), text(ben)
	s.Last = 7
	s.Budgets[0] = guard.HeadroomOf(p, guard.WholeShare, &fact.Charge{Context: room, Peer: ben, Epoch: guard.EpochAt(p, noon), Spent: 5, Until: 7, Through: 7}, room, ben, noon)
	for o := range s.Leakage {
		s.Leakage[o].Spent = s.Leakage[o].Limit
	}
	r.Entries, r.Sends[0].Through = nil, 7
	if out := evaluate(s, r); !out.Allowed || bits(out) != ([fact.Observers]uint32{}) {
		t.Errorf("a send that was charged before is counted again: %v, %v", bits(out), out.Denial.Err())
	}
}

// TestADeviceWithoutAShareWaits: facts wait for the next epoch, and all else is refused until then. With the least of shares
// that does not suffice, no epoch does.
func TestADeviceWithoutAShareWaits(t *testing.T) {
	for share, want := range map[guard.Share]guard.Reason{0: guard.ReasonUnshared, 1: guard.ReasonTooLarge} {
		for _, queue := range []bool{true, false} {
			p := guard.DefaultPolicy()
			s, r := snapshot(p, ben), text(ben)
			s.Budgets[0] = guard.HeadroomOf(p, share, &fact.Charge{}, room, ben, noon)
			r.Queue, r.Sends[0].Cost = queue, 2
			out := evaluate(s, r)
			switch waits := queue && share == 0; {
			case waits && (!out.Allowed || len(out.Waiting) != 1 || out.Waiting[0].Reason != want):
				t.Errorf("share %d: %+v, waiting %+v", share, out.Denial, out.Waiting)
			case !waits && (out.Allowed || out.Denial.Reason != want):
				t.Errorf("share %d, queue %t: %+v", share, queue, out.Denial)
			}
		}
	}
}

func TestRetransmissionIsFreeWithinItsEpochOnly(t *testing.T) {
	p := guard.DefaultPolicy()
	e := guard.EpochAt(p, noon)
	charge := &fact.Charge{Context: room, Peer: ben, Epoch: e, Spent: 5, From: 2, Until: 7, Through: 7}
	resend := func(from, through uint64, now aura.Physical) *guard.Outcome {
		s := snapshot(p, ben)
		s.Last = 7
		s.Budgets[0] = guard.HeadroomOf(p, guard.WholeShare, charge, room, ben, now)
		return evaluate(s, &guard.Request{
			Capability: chatSend, Context: room, Authority: own,
			Sends: []guard.Send{{Peer: ben, Cost: 3, From: from, Through: through, Retransmit: true}},
		})
	}
	free := []effect.Kind{effect.SendEnvelope}
	charged := []effect.Kind{effect.ChargeBudget, effect.SendEnvelope}
	later := aura.Physical{At: noon.At.Add(p.EpochLength)}
	for name, c := range map[string]struct {
		out  *guard.Outcome
		want []effect.Kind
	}{
		"the run of this epoch":        {resend(2, 7, noon), free},
		"a part of it":                 {resend(4, 6, noon), free},
		"a run from an earlier epoch":  {resend(0, 2, noon), charged},
		"a run across the turn":        {resend(1, 7, noon), charged},
		"the same run an epoch later":  {resend(2, 7, later), charged},
		"a clock that was set back":    {resend(2, 7, aura.Physical{At: noon.At.Add(-p.EpochLength)}), free},
		"an empty run at the very end": {resend(7, 7, noon), free},
	} {
		if diff := cmp.Diff(c.want, kinds(c.out)); !c.out.Allowed || diff != "" {
			t.Errorf("%s: %v\n%s", name, c.out.Denial.Err(), diff)
		}
	}
}

func TestBacklogIsReleasedBeforeNewFacts(t *testing.T) {
	p := guard.DefaultPolicy()
	s, r := snapshot(p, ben), text(ben)
	s.Last = 3
	r.Queue = true
	out := evaluate(s, r)
	if !out.Allowed || len(out.Waiting) != 1 || out.Waiting[0].Reason != guard.ReasonBacklog {
		t.Fatalf("waiting %+v, denial %v", out.Waiting, out.Denial.Err())
	}
	release := &guard.Request{
		Capability: chatSend, Context: room, Authority: own,
		Sends: []guard.Send{{Peer: ben, Cost: 3, Through: 3}},
	}
	out = evaluate(s, release)
	want := []effect.Kind{effect.ChargeBudget, effect.SendEnvelope}
	if diff := cmp.Diff(want, kinds(out)); !out.Allowed || diff != "" {
		t.Errorf("%v\n%s", out.Denial.Err(), diff)
	}
	if out.Commands[1].Envelope.Through != 3 {
		t.Errorf("releases through %d", out.Commands[1].Envelope.Through)
	}
}

func TestOutcomeIsReusedWithoutLeftovers(t *testing.T) {
	s, big, small := snapshot(guard.DefaultPolicy(), ben, cleo), text(ben, cleo), text(cleo)
	out := new(guard.Outcome)
	guard.Evaluate(out, s, big)
	guard.Evaluate(out, s, small)
	fresh := evaluate(s, small)
	if diff := cmp.Diff(fresh.Commands, out.Commands); diff != "" {
		t.Error(diff)
	}
	small.Capability = "other"
	guard.Evaluate(out, s, small)
	if out.Allowed || len(out.Commands) != 0 {
		t.Error("a denial kept the commands of an earlier evaluation")
	}
	small.Capability = chatSend
	guard.Evaluate(out, s, small)
	if !out.Allowed || out.Denial != (guard.Denial{}) {
		t.Errorf("a permission kept the denial of an earlier evaluation: %v", out.Denial.Err())
	}
}

// greeting is a request to pay for a message without facts.
func greeting(peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{Capability: chatSend, Context: room, Authority: own, Queue: true}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: 1, Leak: guard.LeakOf(0), Form: guard.FormControl})
	}
	return r
}

// spent returns a snapshot in which a request's peers were charged so much this epoch.
func spent(r *guard.Request, p guard.Policy, units uint64) *guard.Snapshot {
	s := snapshot(p)
	s.Last = 3 // facts wait for the peers: order is kept among facts alone
	for i := range r.Sends {
		c := &fact.Charge{Epoch: guard.EpochAt(p, noon), Spent: units}
		s.Budgets = append(s.Budgets, guard.HeadroomOf(p.For(r), guard.WholeShare, c, r.Budget(), r.Sends[i].Peer, noon))
	}
	return s
}

func TestControlMessagesHaveABudgetOfTheirOwn(t *testing.T) {
	policy := guard.DefaultPolicy()
	policy.Limit = 1 // facts have next to nothing
	r := greeting(ben)
	out := evaluate(spent(r, policy, guard.ControlLimit-1), r)
	if !out.Allowed {
		t.Fatalf("denied: %v", out.Denial.Err())
	}
	want := []effect.Kind{effect.ChargeBudget, effect.RecordLeakage, effect.RecordLeakage}
	if diff := cmp.Diff(want, kinds(out)); diff != "" {
		t.Errorf("no envelope rests on it: %s", diff)
	}
	if c := out.Commands[0]; c.Context == room || c.Context != r.Budget() || c.Amount != 1 {
		t.Errorf("it is paid for with %+v", c)
	}
	if c := out.Commands[1]; c.Context != room {
		t.Errorf("observers of the context do not learn of it: %+v", c)
	}
	if text(ben).Budget() != room {
		t.Error("facts are paid for from another budget than their context's")
	}
}

func TestControlMessagesAreDenied(t *testing.T) {
	none := guard.DefaultPolicy()
	none.Limit = 0
	quiet := guard.DefaultPolicy()
	quiet.Leak[fact.ObserverExternal] = guard.LeakLimit{Defined: true}
	undefined := guard.DefaultPolicy()
	undefined.Leak[fact.ObserverExternal] = guard.LeakLimit{}
	mixed := greeting(ben, cleo)
	mixed.Sends[1].Form = guard.FormFacts
	mixed.Entries = []fact.Draft{message("x")}
	run, again, free := greeting(ben), greeting(ben), greeting(ben)
	run.Sends[0].Through = 2
	again.Sends[0].Retransmit = true
	free.Sends[0].Cost = 0
	nowhere := greeting(ben)
	nowhere.Context = aura.ContextID{}
	for name, c := range map[string]struct {
		request *guard.Request
		policy  guard.Policy
		units   uint64
		reason  guard.Reason
	}{
		"the budget is used up: it does not wait": {greeting(ben), guard.DefaultPolicy(), guard.ControlLimit, guard.ReasonShort},
		"a policy that permits nothing":           {greeting(ben), none, 0, guard.ReasonTooLarge},
		"observers may learn no more":             {greeting(ben), quiet, 0, guard.ReasonTooLarge},
		"observers without a budget":              {greeting(ben), undefined, 0, guard.ReasonUndefined},
		"beside facts":                            {mixed, guard.DefaultPolicy(), 0, guard.ReasonMalformed},
		"with a run of facts":                     {run, guard.DefaultPolicy(), 0, guard.ReasonMalformed},
		"as a retransmission":                     {again, guard.DefaultPolicy(), 0, guard.ReasonMalformed},
		"for nothing":                             {free, guard.DefaultPolicy(), 0, guard.ReasonMalformed},
		"in no context":                           {nowhere, guard.DefaultPolicy(), 0, guard.ReasonMissingMetadata},
	} {
		out := evaluate(spent(c.request, c.policy, c.units), c.request)
		if out.Allowed || out.Denial.Reason != c.reason || len(out.Commands)+len(out.Waiting) != 0 {
			t.Errorf("%s: %+v", name, out.Denial)
		}
	}
}
