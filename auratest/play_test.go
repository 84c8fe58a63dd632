package auratest_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// rally is a protocol without an end in sight.
const rally = `
module rally exposing (Game)

protocol Game =
  roles Server, Returner
  rec Round
    choice Server at
      | Ball =>
        Server { guard_capability : "rally:play", flow_cost : 1 } -> Returner : Ball of rally.Ball
        Returner { guard_capability : "rally:play", flow_cost : 1 } -> Server : Back of rally.Ball
        continue Round
      | Over =>
        Server { guard_capability : "rally:play", flow_cost : 1, journal_facts : "rally.over" } -> Returner : Over
`

// score is the state of both players: how often the games ended, and after how many balls.
type score struct {
	Over []uint64 `cbor:"1,keyasint,omitempty"`
}

func (s *score) Apply(r *fact.Record) {
	var balls uint64
	if fold.Own(&r.Fact, &balls) == nil {
		s.Over = append(s.Over, balls)
	}
}
func (s *score) Version() int          { return 1 }
func (s *score) Save() ([]byte, error) { return fact.MarshalState(s) }

func (s *score) Restore(state []byte) error {
	var from score
	err := fact.UnmarshalState(state, &from)
	if err == nil {
		*s = from
	}
	return err
}

// played returns how many balls the messages have, with those before the play saved.
func played(t *domain.Talk) (n uint64, err error) {
	if t.Saved != nil {
		err = fact.Unmarshal(t.Saved, &n)
	}
	for _, s := range t.Said {
		if s.Label == "Ball" {
			n++
		}
	}
	return n, err
}

// rallies is a module whose players save after each ten balls. The server plays so many; longest is told how many messages a play got at most.
func rallies(balls uint64, longest *int) domain.Module {
	server := func(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
		*longest = max(*longest, len(t.Said))
		n, err := played(t)
		switch last := t.Last(); {
		case err != nil || t.Ended != "" || last.Label == "Over":
			return domain.Move{}, err
		case last.Label == "Ball":
			return domain.Await("Returner")
		case n == balls:
			over, err := s.Draft("rally.over", n)
			if err != nil {
				return domain.Move{}, err
			}
			return domain.Tell("Returner", "Over", nil, over)
		case n%10 == 9 && last.Label == "Back":
			return domain.Save(n)
		}
		return domain.Tell("Returner", "Ball", n)
	}
	returner := func(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
		*longest = max(*longest, len(t.Said))
		n, err := played(t)
		switch last := t.Last(); {
		case err != nil || t.Ended != "":
			return domain.Move{}, err
		case last.Label == "Over":
			over, err := s.Draft("rally.over", n)
			return domain.Move{Request: s.Local("rally:play", over)}, err
		case last.Label == "Ball":
			var ball uint64
			if err := last.Decode(&ball); err != nil || ball != n-1 {
				return domain.Move{Failed: "a ball is missing"}, err
			}
			return domain.Tell("Server", "Back", ball)
		case n%10 == 7 && last.Label == "Back":
			return domain.Save(n)
		}
		return domain.Await("Server")
	}
	return domain.Module{
		Name: "rally", Kinds: []fact.Kind{{Name: "rally.over"}}, Capabilities: domain.OwnerCapabilities("rally:play"),
		Protocols: []domain.Protocol{{Name: "game", Text: rally, Roles: map[string]domain.Play{"Server": server, "Returner": returner}}},
		Operations: []domain.Operation{{
			Name: "rally.play", Category: domain.CategoryCeremony, Protocol: "game", Leaves: "rally.over",
			Plan: domain.Planned(func(s *domain.Snapshot, in chat.Ref) (domain.Plan, error) {
				peers, err := chat.Peers(s.States, in)
				if err != nil || len(peers) != 1 {
					return domain.Plan{}, err
				}
				return domain.Plan{Begin: &domain.Ceremony{
					Role: "Server", Others: []domain.Participant{{Role: "Returner", Authority: peers[0]}}, Context: in.Context,
				}}, nil
			}),
		}},
		NewState: func(aura.AuthorityID) domain.State { return &score{} },
		Indexed:  []string{"rally.*"},
		Questions: []domain.Question{{Kind: "rally.score", Answer: func(s *domain.Snapshot, _ []byte) (any, error) {
			return domain.Get[*score](s.States).Over, nil
		}}},
	}
}

// TestALongPlayIsBounded: a game of 64 balls whose players save outlives crashes, no ball is lost or comes twice, and a play never gets more
// messages than it left since it saved.
func TestALongPlayIsBounded(t *testing.T) {
	const balls = 64
	longest := 0
	o := auratest.Options{Seeds: 3, Agent: agent.Options{Modules: []domain.Module{rallies(balls, &longest)}}}
	auratest.Run(t, o, func(tc task.Context, w *auratest.World) {
		longest = 0
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		ada.Do(tc, "rally.play", ada.Ref(tc, talk), nil)
		for _, p := range []*auratest.Person{ada, ben, ada} {
			w.Sleep(tc, 3*time.Second)
			p.Crash()
			p.Start(tc)
		}
		over := func(p *auratest.Person) (all []uint64) {
			if err := p.Core(tc).Ask(tc, "rally.score", nil, &all); err != nil {
				w.Errorf("%s: %v", p.Name, err)
			}
			return all
		}
		w.Until(tc, "the game is over", time.Hour, func() bool { return len(over(ada)) > 0 && len(over(ben)) > 0 })
		for _, p := range []*auratest.Person{ada, ben} {
			if all := over(p); len(all) != 1 || all[0] != balls {
				w.Errorf("%s: the games had %v balls", p.Name, all)
			}
		}
		if longest > 2*10+1 {
			w.Errorf("a play got %d messages", longest)
		}
	})
}
