package auratest_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/task"
)

// handshake is a protocol of the module echo in which each message leaves a fact.
const handshake = `
module echo exposing (Handshake)

protocol Handshake =
  roles Caller, Callee
  Caller { guard_capability : "echo:say", flow_cost : 1, journal_facts : "echo.asked" } -> Callee : Hello
  Callee { guard_capability : "echo:say", flow_cost : 1, journal_facts : "echo.asked, echo.answered" } -> Caller : Welcome
`

// TestAnAgentRefusesAProtocolThatCouldNotRun: whatever a module lacks of what its protocol names, the agent does not start, and names the item.
func TestAnAgentRefusesAProtocolThatCouldNotRun(t *testing.T) {
	play := func(*domain.Snapshot, *domain.Talk) (domain.Move, error) { return domain.Move{}, nil }
	for _, c := range []struct {
		what     string
		old, new string
		roles    []string
		want     string // "": the agent starts, but for its disk
	}{
		{what: "nothing", roles: []string{"Caller", "Callee"}},
		{what: "a play", roles: []string{"Caller"}, want: "nothing plays the role Callee: add it to Roles"},
		{what: "a capability", old: "echo:say", new: "echo:sya", roles: []string{"Caller", "Callee"}, want: "no module has the capability echo:sya"},
		{
			what: "a kind", old: `"echo.asked, echo.answered"`, new: `"echo.asked, echo.answerd"`, roles: []string{"Caller", "Callee"},
			want: `the message Welcome of Callee to Caller has journal_facts "echo.answerd", a kind that no module has`,
		},
	} {
		m := echo()
		p := domain.Protocol{Name: "handshake", Text: strings.Replace(handshake, c.old, c.new, 1), Roles: map[string]domain.Play{}}
		for _, role := range c.roles {
			p.Roles[role] = play
		}
		m.Protocols = []domain.Protocol{p}
		err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
			_, err := agent.New(tc, tc.Group(), agent.Hands{}, agent.Options{Modules: []domain.Module{m}})
			return err
		})
		refused := aura.KindOf(err) == aura.Invalid && strings.Contains(aura.Reason(err), "module echo, protocol handshake: ")
		if refused != (c.want != "") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s is missing: %v", c.what, err)
		}
	}
}
