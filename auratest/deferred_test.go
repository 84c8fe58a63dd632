package auratest_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// proposals is the state of a domain whose operation takes effect when a peer agrees.
type proposals struct {
	self   aura.AuthorityID
	agreed map[string]bool
}

func (s *proposals) Apply(r *fact.Record) {
	var text string
	if r.Fact.Kind == "plan.agreed" && r.Fact.Author != s.self && fold.Shared(&r.Fact, &text) == nil {
		s.agreed[text] = true
	}
}

func (s *proposals) Version() int          { return 1 }
func (s *proposals) Save() ([]byte, error) { return fact.MarshalState(s.agreed) }
func (s *proposals) Restore(state []byte) error {
	agreed := map[string]bool{}
	err := fact.UnmarshalState(state, &agreed)
	if err == nil {
		s.agreed = agreed
	}
	return err
}

// say is the payload of both intents.
type say struct {
	In   chat.Ref `cbor:"1,keyasint"`
	Text string   `cbor:"2,keyasint"`
}

// known is a view of another domain's state.
var known = reactive.NewSignal[int]("plan:known")

func plans() domain.Module {
	tell := func(kind string) func(*domain.Snapshot, say) (domain.Plan, error) {
		return func(s *domain.Snapshot, in say) (domain.Plan, error) {
			peers, err := chat.Peers(s.States, in.In)
			if err != nil {
				return domain.Plan{}, err
			}
			draft, err := s.Shared(in.In.Context, kind, in.Text)
			return domain.Do(s.Send("plan:say", in.In.Context, peers, draft), err)
		}
	}
	return domain.Module{
		Name: "plan", Kinds: []fact.Kind{{Name: "plan.proposed"}, {Name: "plan.agreed"}},
		Capabilities: domain.OwnerCapabilities("plan:say"),
		Operations: []domain.Operation{
			{
				Name: "plan.propose", Category: domain.CategoryDeferred, Leaves: "plan.proposed", Plan: domain.Planned(tell("plan.proposed")),
				Outcome: func(s domain.State, f *fact.Fact) domain.Outcome {
					var text string
					if fact.Unmarshal(f.Payload, &text) == nil && s.(*proposals).agreed[text] {
						return domain.Outcome{Phase: domain.PhaseSucceeded}
					}
					return domain.Outcome{Phase: domain.PhaseRunning, Reason: "the other side has not agreed yet"}
				},
			},
			{Name: "plan.agree", Category: domain.CategoryOptimistic, Leaves: "plan.agreed", Plan: domain.Planned(tell("plan.agreed"))},
		},
		NewState: func(self aura.AuthorityID) domain.State { return &proposals{self: self, agreed: map[string]bool{}} },
		Views: []domain.View{{Signal: known.Name(), Follows: []string{"contact"}, Show: func(s *domain.States, _ aura.Physical) any {
			return len(domain.Get[*contact.State](s).Contacts())
		}}},
	}
}

// TestADeferredOperationEndsWhenAPeerAgrees: the proposal runs until the fact of the peer is there; a view that follows another
// domain shows its state without a fact of its own.
func TestADeferredOperationEndsWhenAPeerAgrees(t *testing.T) {
	o := auratest.Options{Seeds: 3, Agent: agent.Options{Modules: []domain.Module{plans()}}}
	auratest.Run(t, o, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		model, err := ada.Core(tc).Model()
		if err != nil {
			t.Fatal(err)
		}
		screen := task.Supervise(task.NewGroup(tc, "screen"), model)
		if err := screen.Start(tc); err != nil {
			t.Fatal(err)
		}
		talk := w.Meet(tc, ada, ben)
		w.Until(tc, "the view has the contact", time.Minute, func() bool {
			shown, err := reactive.Value(model.Hub().Frame(), known)
			return err == nil && shown.Value == 1
		})
		made, err := ada.Core(tc).Do(tc, "plan.propose", say{In: ada.Ref(tc, talk), Text: "at noon"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Sleep(tc, time.Minute)
		if op, err := ada.Core(tc).Operation(tc, made.Operation); err != nil || op.Phase != domain.PhaseRunning || op.Reason == "" {
			t.Errorf("before the peer agrees the operation is %+v, %v", op, err)
		}
		ben.Do(tc, "plan.agree", say{In: ben.Ref(tc, talk), Text: "at noon"}, nil)
		if op, err := ada.Core(tc).WaitOperation(tc, made.Operation); err != nil || op.Phase != domain.PhaseSucceeded {
			t.Errorf("after the peer agreed the operation is %+v, %v", op, err)
		}
		if err := screen.Join(tc, time.Second); err != nil {
			t.Error(err)
		}
	})
}
