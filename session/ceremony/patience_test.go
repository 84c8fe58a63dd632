package ceremony_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/domain/consensus"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// away cuts an agent off from all others, or ends that.
func (w *world) away(who int, cut bool) {
	for k := range w.agents {
		w.cut[[2]int{min(k, who), max(k, who)}] = cut
	}
}

// kinds returns how a session ended at each agent: "-" where it did not, or never began.
func (w *world) kinds(tc task.Context, name aura.SessionID) string {
	w.Helper()
	all := make([]string, len(w.agents))
	for k, a := range w.agents {
		all[k] = "-"
		ended, err := a.engine.Ended(tc)
		if err != nil {
			w.Fatal(err)
		}
		for i := range ended {
			if ended[i].Session.Name == name {
				all[k] = ended[i].End.Kind.String()
			}
		}
	}
	return fmt.Sprint(all)
}

// TestASilentMemberHoldsNoneUpForEver (sessions.md section 4): in one round of a session of four one of them falls silent. The coordinator's part
// expires by a witness with the deadline of the round, the others learn of it, and nothing is agreed on. The silent one learns of it later.
func TestASilentMemberHoldsNoneUpForEver(t *testing.T) {
	const silent = 3
	invite := func(tc task.Context, w *world) (made, coordination aura.SessionID, err error) {
		i := w.invite(1)
		coordination, err = w.agents[0].Convene(tc, i, nil)
		return i.Subject.Name(), coordination, err
	}
	var o *consensus.Operation
	agree := func(tc task.Context, w *world) (made, coordination aura.SessionID, err error) {
		o = operation(w.agents[1:], "x", 1)
		return w.agents[0].Agree(tc, chaintest.Pair, o)
	}
	change := func(tc task.Context, w *world) (made, coordination aura.SessionID, err error) {
		v, err := w.agents[0].engine.Versions(tc, roundID)
		if err != nil {
			return made, coordination, err
		}
		var devices []view.Part
		for _, a := range w.agents[1:] {
			devices = append(devices, a.part(""))
		}
		return w.agents[0].Upgrade(tc, chaintest.Pair, upgrade.Request{Protocol: roundID, From: v.Known[0], To: v.Known[1]}, devices)
	}
	for what, test := range map[string]struct {
		begin  func(task.Context, *world) (made, coordination aura.SessionID, err error)
		heard  uint64 // messages of the session, when the silent one falls silent
		rounds aura.Duration
		want   string // how the session ended
	}{
		"an invite":     {invite, 0, 1, "[- - - -]"},
		"a commitment":  {agree, 1, 2, "[expired cancelled cancelled -]"},
		"a share":       {agree, 2, 2, "[expired cancelled cancelled -]"},
		"the readiness": {change, 1, 2, "[expired cancelled cancelled -]"},
	} {
		t.Run(what, func(t *testing.T) {
			longer := round + "  Chair { guard_capability : \"chat:send\", flow_cost : 1 } -> Voter[*] : Thank\n"
			gather(t, 1, 4, journal.Faults{SyncDelay: 300 * time.Millisecond}, add(t, round, longer), func(tc task.Context, w *world) {
				w.away(silent, test.heard == 0)
				began := tc.Now().At
				made, coordination, err := test.begin(tc, w)
				if err != nil {
					t.Fatal(err)
				}
				for test.heard > 0 && !w.has(tc, silent, made, test.heard) {
					if err := tc.Sleep(5 * time.Millisecond); err != nil {
						t.Fatal(err)
					}
				}
				w.away(silent, true)
				if err := tc.Sleep(test.rounds*patience + time.Minute); err != nil {
					t.Fatal(err)
				}
				for k, a := range w.agents[:silent] {
					if live, err := a.engine.List(tc); err != nil || len(live) > 0 {
						t.Errorf("agent %d is held up: %+v, %v", k, live, err)
					}
				}
				if got := w.kinds(tc, made); got != test.want {
					t.Errorf("the session ended %s, want %s", got, test.want)
				}
				if got := w.kinds(tc, coordination); got != "[expired cancelled cancelled -]" {
					t.Errorf("the coordination ended %s", got)
				}
				end, err := w.agents[0].engine.Await(tc, coordination)
				if late := end.Witness.Until.Sub(began) - test.rounds*patience; err != nil || end.Witness.ID == 0 || late < 0 || late > time.Minute {
					t.Errorf("the witness of the coordination is %+v, %v", end.Witness, err)
				}
				w.away(silent, false)
				w.settled(tc)
				for k, a := range w.agents {
					v, err := a.engine.Versions(tc, roundID)
					if err != nil || v.Active != v.Known[0] || len(a.heard) > 0 {
						t.Errorf("agent %d has version %.4x and heard %q, %v", k, v.Active, a.heard, err)
					}
				}
				if o != nil && fmt.Sprint(w.commits(o)) != "[- - - -]" {
					t.Errorf("commits: %s", w.commits(o))
				}
			})
		})
	}
}

// has reports whether a session lives at an agent and has got so many messages there.
func (w *world) has(tc task.Context, who int, name aura.SessionID, received uint64) bool {
	w.Helper()
	live, err := w.agents[who].engine.List(tc)
	if err != nil {
		w.Fatal(err)
	}
	return slices.ContainsFunc(live, func(s view.Session) bool { return s.Name == name && s.Received == received })
}
