package auratest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// tally is the state of a domain that answers each question with a fact of its own.
type tally struct {
	Asked    map[string]bool `cbor:"1,keyasint,omitempty"`
	Answered map[string]bool `cbor:"2,keyasint,omitempty"`
}

func (s *tally) Apply(r *fact.Record) {
	var text string
	if fold.Own(&r.Fact, &text) != nil {
		return
	}
	if s.Asked == nil {
		s.Asked, s.Answered = map[string]bool{}, map[string]bool{}
	}
	switch r.Fact.Kind {
	case "echo.asked":
		s.Asked[text] = true
	case "echo.answered":
		s.Answered[text] = true
	}
}

func (s *tally) Version() int          { return 1 }
func (s *tally) Save() ([]byte, error) { return fact.MarshalState(s) }

func (s *tally) Restore(state []byte) error {
	var from tally
	err := fact.UnmarshalState(state, &from)
	if err == nil {
		*s = from
	}
	return err
}

const capEcho = "echo:say"

// echo is a domain that has something due after each of its facts.
func echo() domain.Module {
	plan := func(kind string) func(*domain.Snapshot, string) (domain.Plan, error) {
		return func(s *domain.Snapshot, text string) (domain.Plan, error) {
			draft, err := s.Draft(kind, text)
			return domain.Do(s.Local(capEcho, draft), err)
		}
	}
	return domain.Module{
		Name:         "echo",
		Kinds:        []fact.Kind{{Name: "echo.asked"}, {Name: "echo.answered"}},
		Capabilities: domain.OwnerCapabilities(capEcho),
		Operations: []domain.Operation{
			{Name: "echo.ask", Category: domain.CategoryOptimistic, Leaves: "echo.asked", Plan: domain.Planned(plan("echo.asked"))},
			{Name: "echo.answer", Category: domain.CategoryDeferred, Internal: true, Leaves: "echo.answered"},
		},
		NewState: func(aura.AuthorityID) domain.State { return &tally{} },
		Indexed:  []string{"echo.*"},
		Due: func(s *domain.Snapshot) (plans []domain.Plan, err error) {
			state := domain.Get[*tally](s.States)
			for text := range state.Asked {
				if !state.Answered[text] {
					p, err := plan("echo.answered")(s, text)
					if err != nil {
						return plans, err
					}
					plans = append(plans, p)
				}
			}
			return plans, nil
		},
		Questions: []domain.Question{{Kind: "echo.count", Answer: func(s *domain.Snapshot, _ []byte) (any, error) {
			return len(domain.Get[*tally](s.States).Answered), nil
		}}},
		Text: func(_ *domain.States, f *fact.Fact) string {
			var text string
			if f.Kind != "echo.answered" || fact.Unmarshal(f.Payload, &text) != nil {
				return ""
			}
			return "echo of " + text
		},
	}
}

// TestAnAccountLearnsAModuleLater: the account was founded without the module. Its agent permits what the module asks
// for, serves its intents, carries out its due plans also after a crash, and shows its texts.
func TestAnAccountLearnsAModuleLater(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 5}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		if err := ada.Submit(tc, "echo.ask", "hello", nil); aura.KindOf(err) != aura.NotFound {
			t.Errorf("without the module its intent is taken: %v", err)
		}
		ada.Crash()
		ada.Options.Modules = []domain.Module{echo()}
		ada.Start(tc)
		if got := ada.Agent.Renewed(); !slices.Contains(got, capEcho) {
			t.Errorf("the agent permitted %v, and not %s", got, capEcho)
		}
		var heard []string
		watch := task.NewGroup(tc, "watch")
		core := ada.Core(tc)
		watch.Go("watch", func(tc task.Context) error {
			return core.Events(tc, func(e app.Event) error {
				if e.Fact != nil {
					heard = append(heard, e.Fact.Text)
				}
				return nil
			})
		})
		w.Sleep(tc, time.Second)
		ada.Do(tc, "echo.ask", "hello", nil)
		w.Until(tc, "the echo", time.Minute, func() bool { return count(t, tc, ada) == 1 && len(heard) == 1 })
		if heard[0] != "echo of hello" {
			t.Errorf("who looks on reads %q", heard)
		}
		watch.Cancel()

		ada.Do(tc, "echo.ask", "again", nil)
		ada.Crash() // the answer may be due still
		ada.Start(tc)
		w.Until(tc, "the echo after the crash", time.Minute, func() bool { return count(t, tc, ada) == 2 })
	})
}

func count(t *testing.T, tc task.Context, p *auratest.Person) (n int) {
	t.Helper()
	if err := p.Core(tc).Ask(tc, "echo.count", nil, &n); err != nil {
		t.Error(err)
	}
	return n
}

// TestAnAgentOutlivesAModuleThatFails: a plan or an answer that panics is refused, and a domain that has the same due
// again each time does not keep the agent busy.
func TestAnAgentOutlivesAModuleThatFails(t *testing.T) {
	bad := echo()
	bad.Operations = append(bad.Operations, domain.Operation{
		Name: "echo.break", Category: domain.CategoryOptimistic,
		Plan: domain.Planned(func(*domain.Snapshot, string) (domain.Plan, error) { panic("planted") }),
	})
	bad.Questions = append(bad.Questions, domain.Question{Kind: "echo.wrong", Answer: func(*domain.Snapshot, []byte) (any, error) {
		panic("planted")
	}})
	answered := bad.Due
	bad.Due = func(s *domain.Snapshot) ([]domain.Plan, error) {
		plans, err := answered(s)
		if len(domain.Get[*tally](s.States).Asked) > 0 {
			draft, _ := s.Draft("echo.answered", "again")
			plans = append(plans, domain.Plan{Request: s.Local(capEcho, draft)})
		}
		return plans, err
	}
	auratest.Run(t, auratest.Options{Agent: agent.Options{Modules: []domain.Module{bad}}}, func(tc task.Context, w *auratest.World) {
		ada := w.Person(tc, "Ada")
		if err := ada.Submit(tc, "echo.break", "", nil); aura.KindOf(err) != aura.Internal {
			t.Errorf("a plan that panics: %v", err)
		}
		if err := ada.Core(tc).Ask(tc, "echo.wrong", nil, nil); aura.KindOf(err) != aura.Internal {
			t.Errorf("an answer that panics: %v", err)
		}
		ada.Do(tc, "echo.ask", "hello", nil)
		w.Sleep(tc, time.Hour)
		facts := 0
		if _, err := ada.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{"echo.answered"}}, func(fact.Record) error {
			facts++
			return nil
		}); err != nil {
			t.Error(err)
		}
		if facts < 16 || facts > 200 {
			t.Errorf("in an hour a domain with the same due each time wrote %d facts", facts)
		}
		ada.Stop(tc)
	})
}

// TestAPersonIsToldWhichFactIsRefused: two builds of a module check differently. The end of the sessions has a reason
// of its own, which names the kind and does not speak of an old copy.
func TestAPersonIsToldWhichFactIsRefused(t *testing.T) {
	strict := plans()
	strict.Kinds[0].Check = func(*fact.Fact) error { return aura.Errorf("auratest.check", aura.Invalid, "not today") }
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		with := func(m domain.Module) func(*auratest.Person) {
			return func(p *auratest.Person) { p.Options.Modules = []domain.Module{m} }
		}
		ada, ben := w.Person(tc, "Ada", with(plans())), w.Person(tc, "Ben", with(strict))
		talk := w.Meet(tc, ada, ben)
		ada.Do(tc, "plan.propose", say{In: ada.Ref(tc, talk), Text: "at noon"}, nil)
		w.Until(tc, "Ben is told", time.Minute, func() bool {
			view := ben.Look(tc)
			for _, p := range view.Connections.View() {
				if strings.HasPrefix(p.Reason, status.ReasonRefused) && strings.Contains(p.Reason, "plan.proposed") {
					return true
				}
			}
			return false
		})
	})
}

func TestAnAgentRefusesACeremonyWithoutAChoreography(t *testing.T) {
	ceremony, wrong := echo(), echo()
	ceremony.Operations[0].Category = domain.CategoryCeremony
	wrong.Protocols = []domain.Protocol{{Name: "handshake", Text: "protocol"}}
	mute := echo()
	mute.Questions = []domain.Question{{Kind: "echo.silence"}}
	for item, m := range map[string]domain.Module{"echo.ask": ceremony, "handshake.tell": wrong, "echo.silence": mute} {
		err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
			_, err := agent.New(tc, tc.Group(), agent.Hands{}, agent.Options{Modules: []domain.Module{m}})
			return err
		})
		if aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), item) {
			t.Errorf("%s: %v", item, err)
		}
	}
}
