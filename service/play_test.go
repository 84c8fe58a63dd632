package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/fold"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// pact is the protocol of a module of these tests.
const pact = `
module pact exposing (Pact)

protocol Pact =
  roles Asker, Giver
  Asker { guard_capability : "pact:agree", flow_cost : 1, journal_facts : "pact.asked" } -> Giver : Ask
  Giver { guard_capability : "pact:agree", flow_cost : 1 } -> Asker : Give
  Asker { guard_capability : "pact:agree", flow_cost : 1 } -> Giver : Thanks
`

const pactID = "pact.pact"

// pacts is the state of the module: how sessions were settled.
type pacts struct {
	Settled map[aura.SessionID]string `cbor:"1,keyasint,omitempty"`
}

// settled is the payload of its facts.
type settled struct {
	Session aura.SessionID `cbor:"1,keyasint"`
	How     string         `cbor:"2,keyasint,omitempty"`
}

func (s *pacts) Apply(r *fact.Record) {
	var f settled
	if r.Fact.Kind != "pact.settled" || fold.Own(&r.Fact, &f) != nil {
		return
	}
	if s.Settled == nil {
		s.Settled = map[aura.SessionID]string{}
	}
	s.Settled[f.Session] = f.How
}

func (s *pacts) Version() int          { return 1 }
func (s *pacts) Save() ([]byte, error) { return fact.MarshalState(s) }

func (s *pacts) Restore(state []byte) error {
	var from pacts
	err := fact.UnmarshalState(state, &from)
	if err == nil {
		*s = from
	}
	return err
}

// pactOf returns the module, with the play of a giver and who may ask.
func pactOf(give domain.Play, admit func(*domain.Snapshot, *domain.Talk) error) domain.Module {
	asker := func(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
		switch {
		case t.Ended != "":
			return settle(s, t, t.Ended)
		case len(t.Said) == 0:
			asked, err := s.Draft("pact.asked", settled{Session: t.Session})
			if err != nil {
				return domain.Move{}, err
			}
			return domain.Tell("Giver", "Ask", nil, asked)
		case t.Last().Label == "Ask":
			return domain.Await("Giver")
		case t.Last().Label == "Give":
			return domain.Tell("Giver", "Thanks", nil)
		}
		return settle(s, t, "given")
	}
	return domain.Module{
		Name:         "pact",
		Kinds:        []fact.Kind{{Name: "pact.asked"}, {Name: "pact.settled"}},
		Capabilities: domain.OwnerCapabilities("pact:agree"),
		Protocols:    []domain.Protocol{{Name: "pact", Text: pact, Roles: map[string]domain.Play{"Asker": asker, "Giver": give}, Admit: admit}},
		Operations: []domain.Operation{{
			Name: "pact.ask", Category: domain.CategoryCeremony, Protocol: "pact", Leaves: "pact.asked",
			Plan: domain.Planned(func(s *domain.Snapshot, in chat.Ref) (domain.Plan, error) {
				peers, err := chat.Peers(s.States, in)
				if err != nil {
					return domain.Plan{}, err
				}
				return domain.Plan{Begin: &domain.Ceremony{
					Role: "Asker", Others: []domain.Participant{{Role: "Giver", Authority: peers[0]}}, Context: in.Context, Within: time.Hour,
				}}, nil
			}),
		}},
		NewState: func(aura.AuthorityID) domain.State { return &pacts{} },
		Indexed:  []string{"pact.*"},
	}
}

// settle ends a part with the fact that says how.
func settle(s *domain.Snapshot, t *domain.Talk, how string) (domain.Move, error) {
	draft, err := s.Draft("pact.settled", settled{t.Session, how})
	if err != nil {
		return domain.Move{}, err
	}
	return domain.Finish(s.Local("pact:agree", draft))
}

// giver is a play that gives, after what first says of the question.
func giver(first func(t *domain.Talk) (domain.Move, error)) domain.Play {
	return func(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
		switch {
		case t.Ended != "":
			return settle(s, t, t.Ended)
		case len(t.Said) == 0:
			return domain.Await("Asker")
		case t.Last().Label == "Ask":
			return first(t)
		case t.Last().Label == "Give":
			return domain.Await("Asker")
		}
		return settle(s, t, "thanked")
	}
}

func gives(*domain.Talk) (domain.Move, error) { return domain.Tell("Asker", "Give", nil) }

// pair makes Ada, who asks, and Ben, who gives, contacts.
func pair(tc task.Context, w *auratest.World, give domain.Play, admit func(*domain.Snapshot, *domain.Talk) error, set ...func(*auratest.Person)) (ada, ben *auratest.Person, context aura.ContextID) {
	ada = w.Person(tc, "Ada", func(p *auratest.Person) { p.Options.Modules = []domain.Module{pactOf(giver(gives), nil)} })
	ben = w.Person(tc, "Ben", append(set, func(p *auratest.Person) { p.Options.Modules = []domain.Module{pactOf(give, admit)} })...)
	return ada, ben, w.Meet(tc, ada, ben)
}

// asks lets Ada ask.
func asks(tc task.Context, ada *auratest.Person, context aura.ContextID) error {
	return ada.Submit(tc, "pact.ask", ada.Ref(tc, context), nil)
}

// ways returns how the sessions of a person were settled, in order.
func ways(tc task.Context, p *auratest.Person) (all []string) {
	p.World.Helper()
	if _, err := p.Agent.Journal().Read(tc, fact.Selection{Kinds: []string{"pact.settled"}}, func(r fact.Record) error {
		var f settled
		err := fact.Unmarshal(r.Fact.Payload, &f)
		all = append(all, f.How)
		return err
	}); err != nil {
		p.World.Errorf("%v", err)
	}
	slices.Sort(all)
	return all
}

// over waits until no session of the module lives at a person.
func over(tc task.Context, w *auratest.World, people ...*auratest.Person) {
	w.Helper()
	for _, p := range people {
		w.Until(tc, p.Name+" has no session", 5*time.Minute, func() bool { return living(tc, p) == 0 })
	}
}

func living(tc task.Context, p *auratest.Person) (n int) {
	all, err := p.Agent.Sessions().List(tc)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	for i := range all {
		if all[i].Protocol == pactID {
			n++
		}
	}
	return n
}

// TestAPlayThatIsNoGoodEndsItsSession: whatever a play of a module returns, its session fails, both sides keep that by a fact of their own, and
// the next session is played.
func TestAPlayThatIsNoGoodEndsItsSession(t *testing.T) {
	for what, first := range map[string]func(*domain.Talk) (domain.Move, error){
		"a panic":                   func(*domain.Talk) (domain.Move, error) { panic("planted") },
		"an error":                  func(*domain.Talk) (domain.Move, error) { return domain.Move{}, aura.Errorf("test", aura.Invalid, "no") },
		"a label of another role":   func(*domain.Talk) (domain.Move, error) { return domain.Tell("Asker", "Thanks", nil) },
		"a message to a stranger":   func(*domain.Talk) (domain.Move, error) { return domain.Tell("Nobody", "Give", nil) },
		"a payload that is too big": func(*domain.Talk) (domain.Move, error) { return domain.Tell("Asker", "Give", make([]byte, 65<<10)) },
		"it finishes at once":       func(*domain.Talk) (domain.Move, error) { return domain.Move{}, nil },
	} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			bad := true
			ada, ben, context := pair(tc, w, giver(func(t *domain.Talk) (domain.Move, error) {
				if bad {
					return first(t)
				}
				return gives(t)
			}), nil)
			if err := asks(tc, ada, context); err != nil {
				w.Fatalf("%s: %v", what, err)
			}
			over(tc, w, ada, ben)
			if got := ways(tc, ada); len(got) != 1 || got[0] == "given" {
				w.Errorf("%s: Ada settled it as %q", what, got)
			}
			bad = false
			if err := asks(tc, ada, context); err != nil {
				w.Fatalf("%s: %v", what, err)
			}
			w.Until(tc, what+": the next one is given", time.Minute, func() bool {
				return slices.Contains(ways(tc, ada), "given") && slices.Contains(ways(tc, ben), "thanked")
			})
			over(tc, w, ada, ben)
			if left := recordings(ben); len(left) > 0 {
				w.Errorf("%s: left are %v", what, left)
			}
			ada.Stop(tc)
			ben.Stop(tc)
		})
	}
}

// denying denies the messages of sessions while there are some left to deny.
type denying struct {
	interp.Interpreter
	left *int
}

func (d denying) Execute(tc task.Context, r *interp.Decision) (effect.Result, error) {
	if r.Request.Message() != nil && strings.HasPrefix(r.Request.Capability, "pact:") && *d.left > 0 {
		*d.left--
		return effect.Result{}, &aura.Error{Op: "test", Kind: aura.Denied, Err: &guard.Denial{Stage: guard.StageFlow, Reason: guard.ReasonShort}}
	}
	return d.Interpreter.Execute(tc, r)
}

// TestADenialIsTriedAgainUnlessThePlaySaysOnce: a budget begins anew, so the play is asked again. The first message of a session is
// not tried again: the operation fails with the denial.
func TestADenialIsTriedAgainUnlessThePlaySaysOnce(t *testing.T) {
	for _, once := range []bool{false, true} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			left := 3
			ada, ben, context := pair(tc, w, giver(func(t *domain.Talk) (domain.Move, error) {
				m, err := gives(t)
				m.Once = once
				return m, err
			}), nil, func(p *auratest.Person) {
				p.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter { return denying{inner, &left} }
			})
			if err := asks(tc, ada, context); err != nil {
				w.Fatalf("%v", err)
			}
			w.Until(tc, "Ada has settled it", 20*time.Minute, func() bool { return len(ways(tc, ada)) == 1 })
			if got := ways(tc, ada)[0]; (got == "given") == once || once && left != 2 || !once && left != 0 {
				w.Errorf("once %t: settled as %q, %d denials are left", once, got, left)
			}
			over(tc, w, ada, ben)
		})
	}
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		left := 1
		ada, ben, context := pair(tc, w, giver(gives), nil)
		ada.Stop(tc)
		ada.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter { return denying{inner, &left} }
		ada.Start(tc)
		if err := asks(tc, ada, context); aura.KindOf(err) != aura.Denied {
			w.Errorf("who asked is told %v", err)
		}
		over(tc, w, ada, ben)
	})
}

// TestAPeerThatAModuleDoesNotAdmitBeginsNothing, also when the decision panics.
func TestAPeerThatAModuleDoesNotAdmitBeginsNothing(t *testing.T) {
	for what, admit := range map[string]func(*domain.Snapshot, *domain.Talk) error{
		"a refusal": func(*domain.Snapshot, *domain.Talk) error { return aura.Errorf("test", aura.Denied, "not you") },
		"a panic":   func(*domain.Snapshot, *domain.Talk) error { panic("planted") },
	} {
		auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
			ada, ben, context := pair(tc, w, giver(gives), admit)
			if err := asks(tc, ada, context); err != nil {
				w.Fatalf("%s: %v", what, err)
			}
			w.Until(tc, what+": Ada has settled it", 5*time.Minute, func() bool { return len(ways(tc, ada)) == 1 })
			if got := strings.Join(ways(tc, ada), ", "); got == "" || strings.Contains(got, "given") || len(ways(tc, ben)) > 0 || len(recordings(ben)) > 0 {
				w.Errorf("%s: settled as %q, at Ben as %q", what, got, ways(tc, ben))
			}
			over(tc, w, ada, ben)
		})
	}
}

// TestAPeerHasSixtyFourSessionsOfModules: more wait until some have ended, and each is played.
func TestAPeerHasSixtyFourSessionsOfModules(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		hold := true
		ada, ben, context := pair(tc, w, giver(func(t *domain.Talk) (domain.Move, error) {
			if hold {
				return domain.AwaitFacts()
			}
			return gives(t)
		}), nil)
		const all = 70
		for range all {
			if err := asks(tc, ada, context); err != nil {
				w.Fatalf("%v", err)
			}
		}
		w.Sleep(tc, 30*time.Second)
		if got := living(tc, ben); got != 64 {
			w.Errorf("%d sessions live at Ben", got)
		}
		hold = false
		w.Until(tc, "all are given", 30*time.Minute, func() bool { return len(ways(tc, ada)) == all })
		if got := slices.Compact(ways(tc, ada)); !slices.Equal(got, []string{"given"}) {
			w.Errorf("settled as %q", got)
		}
		over(tc, w, ada, ben)
	})
}

// TestAPlayThatWaitsForFactsLearnsOfTheEnd within a moment, so that no person answers a question that is over.
func TestAPlayThatWaitsForFactsLearnsOfTheEnd(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 4}, func(tc task.Context, w *auratest.World) {
		ada, ben, context := pair(tc, w, giver(func(*domain.Talk) (domain.Move, error) { return domain.AwaitFacts() }), nil)
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, 90*time.Second)
		if err := ada.Agent.Sessions().End(tc, only(tc, ada).Name); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, 5*time.Second)
		if got := ways(tc, ben); len(got) != 1 || !strings.Contains(got[0], "has ended: cancelled") {
			w.Errorf("Ben settled it as %q", got)
		}
	})
}

// TestAPlayGoesOnAfterACrash at each moment of the session, at either side: it is given once.
func TestAPlayGoesOnAfterACrash(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 12}, func(tc task.Context, w *auratest.World) {
		ada, ben, context := pair(tc, w, giver(gives), nil)
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, time.Duration(w.Seed)*11*time.Millisecond)
		victim := []*auratest.Person{ada, ben}[w.Seed%2]
		victim.Crash()
		w.Sleep(tc, time.Second)
		victim.Start(tc)
		w.Until(tc, "it is given", 5*time.Minute, func() bool { return len(ways(tc, ada)) > 0 && len(ways(tc, ben)) > 0 })
		over(tc, w, ada, ben)
		if a, b := ways(tc, ada), ways(tc, ben); !slices.Equal(a, []string{"given"}) || !slices.Equal(b, []string{"thanked"}) {
			w.Errorf("Ada settled it as %q, Ben as %q", a, b)
		}
		for _, p := range []*auratest.Person{ada, ben} {
			all, err := p.Agent.Sessions().Ended(tc)
			for i := range all {
				if e := &all[i]; e.Session.Protocol == pactID && e.Session.Received > 0 && e.End.Kind != view.EndCompleted {
					w.Errorf("at %s it ended as %s", p.Name, e.End)
				}
			}
			if err != nil {
				w.Errorf("%v", err)
			}
		}
	})
}

// TestAPlayGoesOnWhileDisksFail: at both sides a share of reads and writes fails for a minute. It is given once, and both settle it then.
func TestAPlayGoesOnWhileDisksFail(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 8}, func(tc task.Context, w *auratest.World) {
		ada, ben, context := pair(tc, w, giver(gives), nil)
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		both := []*auratest.Person{ada, ben}
		for _, p := range both {
			p.Disk.SetFaults(journal.Faults{FailApply: 0.3, FailRead: 0.08})
		}
		w.Sleep(tc, time.Minute)
		for _, p := range both {
			p.Disk.SetFaults(journal.Faults{})
		}
		w.Until(tc, "it is settled", 10*time.Minute, func() bool { return len(ways(tc, ada)) > 0 && len(ways(tc, ben)) > 0 })
		over(tc, w, ada, ben)
		if a, b := ways(tc, ada), ways(tc, ben); !slices.Equal(a, []string{"given"}) || !slices.Equal(b, []string{"thanked"}) {
			w.Errorf("Ada settled it as %q, Ben as %q", a, b)
		}
	})
}

// TestAPlayWaitsForRoomOnItsDisk: the disk is full when the play gives, and again when it settles. It goes on when there is room, and gives once.
func TestAPlayWaitsForRoomOnItsDisk(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 4}, func(tc task.Context, w *auratest.World) {
		var ben *auratest.Person
		full := task.NewGroup(tc, "full")
		fill := func() {
			ben.Disk.SetFaults(journal.Faults{Capacity: 1})
			full.Go("room", func(tc task.Context) error {
				err := tc.Sleep(time.Minute)
				ben.Disk.SetFaults(journal.Faults{})
				return err
			})
		}
		filled := map[string]bool{}
		give := func(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
			if last := t.Last().Label; (last == "Ask" || last == "Thanks") && !filled[last] {
				filled[last] = true
				fill()
			}
			return giver(gives)(s, t)
		}
		ada, other, context := pair(tc, w, give, nil)
		ben = other
		if err := asks(tc, ada, context); err != nil {
			w.Fatalf("%v", err)
		}
		w.Until(tc, "it is settled", 20*time.Minute, func() bool { return len(ways(tc, ada)) > 0 && len(ways(tc, ben)) > 0 })
		over(tc, w, ada, ben)
		if a, b := ways(tc, ada), ways(tc, ben); !slices.Equal(a, []string{"given"}) || !slices.Equal(b, []string{"thanked"}) || len(filled) != 2 {
			w.Errorf("Ada settled it as %q, Ben as %q; his disk was full at %v", a, b, filled)
		}
	})
}
