package session_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// TestAVersionThatABuildHasDroppedBlocksNoSession: an upgrade made the second version active. A build without it says so, and begins sessions in the
// newest one that it has and that no upgrade has replaced, or else in that. One that has it again goes back to it.
func TestAVersionThatABuildHasDroppedBlocksNoSession(t *testing.T) {
	const first = `
module talk exposing (Talk)

protocol Talk =
  roles One, Two
  One { guard_capability : "chat:send", flow_cost : 1 } -> Two : Hi
`
	const id = "aura.talk.talk"
	second, third := strings.ReplaceAll(first, "Hi", "Hello"), strings.ReplaceAll(first, "Hi", "Hey")
	waits := func(tc task.Context, _ *session.Port) error { return tc.Sleep(24 * time.Hour) }
	has := func(texts ...string) func(*session.Options) {
		return func(o *session.Options) {
			for _, text := range texts {
				if err := o.Registry.Add(instance(t, text), choreo.Defaults{ProtocolID: id}); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.Registry.Play(id, "One", waits); err != nil {
				t.Fatal(err)
			}
		}
	}
	version := func(text string) [32]byte {
		r := session.NewRegistry()
		if err := r.Add(instance(t, text), choreo.Defaults{ProtocolID: id}); err != nil {
			t.Fatal(err)
		}
		return r.Versions(id)[0]
	}
	var said told
	logged(t, &said, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		s := begin(t, tc, sim, disk, true, "Cust", idle, has(first, second))
		moves, by := session.NewReconfig(s.engine), aura.SessionID{1}
		for _, next := range []func(task.Context, aura.SessionID, string, [32]byte, [32]byte) (guard.Request, error){moves.Reserve, moves.Change} {
			r, err := next(tc, by, id, version(first), version(second))
			if err == nil {
				_, err = s.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: r.Metadata[0].Key, Value: r.Metadata[0].Value}}})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := moves.Activate(tc, id); err != nil {
			t.Fatal(err)
		}
		for n, x := range []struct {
			has    []string
			begins string
		}{
			{[]string{first, second}, second}, {[]string{first, third}, third}, {[]string{first}, first}, {[]string{first, second, third}, second},
		} {
			disk = disk.Crash()
			s.Close(tc)
			before := len(said.all)
			s = begin(t, tc, sim, disk, false, "Cust", idle, has(x.has...))
			fell := x.begins != second
			if told := slices.ContainsFunc(said.all[before:], func(e world.Event) bool {
				return e.Family() == world.FamilyHealth && e.Service() == "session" && e.ErrorKind() == aura.NotFound
			}); told != fell || (len(s.engine.Fallbacks()) == 1) != fell {
				t.Errorf("start %d: an event %t, said is %q, want %t", n, told, s.engine.Fallbacks(), fell)
			}
			o := session.Opening{
				Name: aura.SessionID{9, byte(n)}, Protocol: id, Role: "One", Context: chaintest.Pair,
				Parties: []session.Party{{Role: "Two", Authority: chaintest.Ben}},
			}
			if err := s.engine.Open(tc, o); err != nil {
				t.Errorf("start %d: %v", n, err)
				continue
			}
			owner, err := s.engine.Owner(tc, o.Name)
			if err != nil || owner.Opening().Version != version(x.begins) {
				t.Errorf("start %d: the session has another version than %q: %v", n, x.begins, err)
			}
		}
		s.Close(tc)
	})
}
