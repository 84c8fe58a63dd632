package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// vote is a protocol with a family.
const vote = `
module vote exposing (Vote)

protocol Vote =
  roles Chair, Voter[N]
  Chair { guard_capability : "chat:send", flow_cost : 1 } -> Voter[*] : Ask
  Voter[*] { guard_capability : "chat:send", flow_cost : 1 } -> Chair : Say
`

const voteID = "aura.vote.vote"

// TestAFamilyHasASizeInEachSession: one registration and one program serve every size and every member, the version that the sides
// compare is that of the size, and a recording keeps it.
func TestAFamilyHasASizeInEachSession(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var roles []choreo.Role
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		families := func(o *session.Options) {
			err := errors.Join(o.Registry.Add(instance(t, vote), choreo.Defaults{}), o.Registry.Play(voteID, "Voter", nil),
				o.Registry.Play(voteID, "Chair", func(tc task.Context, p *session.Port) error {
					for i := range p.Session().Sizes[0].Members {
						if err := p.Send(tc, choreo.Member("Voter", int(i)), "Ask", nil); err != nil {
							return err
						}
					}
					_, _, err := p.Receive(tc, "Voter[0]")
					return err
				}),
				o.Registry.Play(voteID, "Voter", func(tc task.Context, p *session.Port) error {
					roles = append(roles, p.Session().Role)
					_, _, err := p.Receive(tc, "Chair")
					return err
				}))
			if err != nil {
				t.Fatal(err)
			}
		}
		s := begin(t, tc, sim, disk, true, "Cust", customer(new([]string)), families)
		open := func(n byte, role choreo.Role, size uint16) error {
			o := session.Opening{
				Name: aura.SessionID{n}, Protocol: voteID, Role: role, Context: chaintest.Pair, Persistent: true,
				Sizes: []session.Size{{Parameter: "N", Members: size}}, Parties: []session.Party{{Role: "Chair", Authority: chaintest.Ben}},
			}
			for i := range size {
				o.Parties = append(o.Parties, session.Party{Role: choreo.Member("Voter", int(i)), Authority: chaintest.Cleo})
			}
			return s.engine.Open(tc, o)
		}
		for what, err := range map[string]error{
			"three": open(1, "Voter[2]", 3), "eleven": open(2, "Voter[10]", 11), "the chair of two": open(3, "Chair", 2),
		} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		for what, err := range map[string]error{
			"no size": s.engine.Open(tc, session.Opening{Name: aura.SessionID{9}, Protocol: voteID, Role: "Chair"}),
			"nobody":  open(9, "Chair", 0), "too many": open(9, "Chair", session.MaxMembers+1), "another parameter": s.engine.Open(tc, session.Opening{
				Name: aura.SessionID{9}, Protocol: voteID, Role: "Chair", Sizes: []session.Size{{Parameter: "M", Members: 2}},
			}),
			"twice": s.engine.Open(tc, session.Opening{
				Name: aura.SessionID{9}, Protocol: voteID, Role: "Chair", Sizes: []session.Size{{Parameter: "N", Members: 2}, {Parameter: "N", Members: 3}},
			}),
		} {
			if !errors.Is(err, aura.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := open(9, "Voter[3]", 3); err == nil {
			t.Error("a member that there is not plays")
		}
		sleep(t, tc, time.Second)
		if got := fmt.Sprint(roles); got != "[Voter[2] Voter[10]]" && got != "[Voter[10] Voter[2]]" {
			t.Errorf("played: %s", got)
		}
		before, err := s.engine.Show(tc, aura.SessionID{3})
		if err != nil || before.Session.Sent != 2 {
			t.Errorf("the chair of two: %+v, %v", before, err)
		}
		crashed := disk.Crash()
		s.Close(tc)
		s = begin(t, tc, sim, crashed, false, "Cust", customer(new([]string)), families)
		defer s.Close(tc)
		after, err := s.engine.Show(tc, aura.SessionID{3})
		if err != nil || after.Session.Sent != 2 || len(after.Steps) != 2 || after.Steps[1].Other != "Voter[1]" {
			t.Errorf("after a restart: %+v, %v, damaged %q", after, err, s.engine.Damaged())
		}
	})
}

// TestVersionsOfAProtocolStandBesideEachOther: the one added first is that in which sessions begin, and an opening may name another.
func TestVersionsOfAProtocolStandBesideEachOther(t *testing.T) {
	const more = vote + "  Chair { guard_capability : \"chat:send\", flow_cost : 1 } -> Voter[*] : Thank\n"
	r := session.NewRegistry()
	if err := errors.Join(r.Add(instance(t, vote), choreo.Defaults{}), r.Add(instance(t, more), choreo.Defaults{})); err != nil {
		t.Fatal(err)
	}
	if v := r.Versions(voteID); len(v) != 2 || v[0] == v[1] {
		t.Errorf("versions: %x", v)
	}
	if err := r.Add(instance(t, more), choreo.Defaults{}); !errors.Is(err, aura.Conflict) {
		t.Errorf("one of them again: %v", err)
	}
}
