package ceremony_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// rounder is the version after round: the programs of the tests play both, since the message that it adds may be absent.
const rounder = `
module round exposing (Round)

protocol Round =
  roles Chair, Voter[N]
  Chair { guard_capability : "chat:send", flow_cost : 2 } -> Voter[*] : Ask
  Voter[*] { guard_capability : "chat:send", flow_cost : 2 } -> Chair : Say of text
`

// move begins the change of all agents to the second version of round.
func (w *world) move(tc task.Context) (upgrade.Request, aura.SessionID) {
	w.Helper()
	r, made, err := w.propose(tc, w.agents[0], 1)
	if err != nil {
		w.Fatal(err)
	}
	return r, made
}

// propose begins the change of all agents, or of some, from the first version of round to another one, by its place among the known ones.
func (w *world) propose(tc task.Context, by *agent, to int, some ...*agent) (upgrade.Request, aura.SessionID, error) {
	w.Helper()
	v, err := by.engine.Versions(tc, roundID)
	if err != nil || len(v.Known) <= to {
		w.Fatalf("versions: %+v, %v", v, err)
	}
	r := upgrade.Request{Protocol: roundID, From: v.Known[0], To: v.Known[to]}
	var devices []view.Part
	if some == nil {
		some = w.agents
	}
	for _, a := range some {
		if a != by {
			devices = append(devices, a.part(""))
		}
	}
	made, _, err := by.Upgrade(tc, chaintest.Pair, r, devices)
	return r, made, err
}

// active returns in which version sessions of round begin at each agent, by its place among the known ones.
func (w *world) active(tc task.Context) (all []int) {
	w.Helper()
	for _, a := range w.agents {
		v, err := a.engine.Versions(tc, roundID)
		if err != nil {
			w.Fatal(err)
		}
		at := 0
		for i, known := range v.Known {
			if known == v.Active {
				at = i + 1
			}
		}
		all = append(all, at)
	}
	return all
}

// TestFourChangeTogether: after the change sessions begin in the new version everywhere, also after a restart, and no agent takes part
// in one of the old version.
func TestFourChangeTogether(t *testing.T) {
	gather(t, 1, 4, journal.Faults{}, add(t, round, rounder), func(tc task.Context, w *world) {
		r, made := w.move(tc)
		w.settled(tc)
		if got := fmt.Sprint(w.active(tc)); got != "[2 2 2 2]" {
			t.Fatalf("active: %s, it ended %v", got, w.ends(tc, made))
		}
		if w.agents[0].count(t, tc, upgrade.KindRequested) != 3 || w.agents[2].count(t, tc, upgrade.KindExecuted) != 1 {
			t.Error("the change has not left its facts")
		}
		w.crash(tc, w.agents[2], time.Second)
		if got := fmt.Sprint(w.active(tc)); got != "[2 2 2 2]" {
			t.Errorf("after a restart: %s", got)
		}
		i := w.invite(1)
		if _, err := w.agents[0].Convene(tc, i, []byte("new")); err != nil {
			t.Fatal(err)
		}
		w.settled(tc)
		if got := w.agents[3].heard; len(got) != 1 || got[0] != "new" {
			t.Errorf("in the new version agent 3 heard %q", got)
		}
		old := w.invite(2)
		old.Version = w.digest(t, round, old.Sizes)
		if _, err := w.agents[0].Convene(tc, old, nil); !errors.Is(err, aura.Stale) {
			t.Errorf("a session in the old version %x: %v", r.From[:4], err)
		}
	})
}

// digest returns the digest of the image of a protocol of tests with sizes.
func (w *world) digest(t testing.TB, text string, sizes []session.Size) [32]byte {
	t.Helper()
	i, err := load(t, text).Protocol.Instantiate(map[string]int{"N": int(sizes[0].Members)})
	if err != nil {
		t.Fatal(err)
	}
	return imageOf(t, i)
}

// TestOneThatCannotChangeKeepsAllInTheOldVersion.
func TestOneThatCannotChangeKeepsAllInTheOldVersion(t *testing.T) {
	registries := 0
	gather(t, 1, 4, journal.Faults{}, func(r *session.Registry) {
		if registries++; registries == 3 {
			add(t, round)(r)
		} else {
			add(t, round, rounder)(r)
		}
	}, func(tc task.Context, w *world) {
		w.move(tc)
		w.settled(tc)
		if got := fmt.Sprint(w.active(tc)); got != "[1 1 1 1]" {
			t.Errorf("active: %s", got)
		}
	})
}

// TestARunningSessionKeepsItsVersion, and one of the old version that was agreed on before the change is played to its end.
func TestARunningSessionKeepsItsVersion(t *testing.T) {
	gather(t, 1, 4, journal.Faults{}, add(t, round, rounder), func(tc task.Context, w *world) {
		i := w.invite(1)
		if _, err := w.agents[0].Convene(tc, i, []byte("old")); err != nil {
			t.Fatal(err)
		}
		w.cut[[2]int{0, 3}] = true // the round waits for the last voter
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		delete(w.cut, [2]int{0, 3})
		w.move(tc)
		w.settled(tc)
		if got := fmt.Sprint(w.ends(tc, i.Subject.Name()), w.active(tc)); got != "[completed completed completed completed] [2 2 2 2]" {
			t.Errorf("ended, active: %s", got)
		}
	})
}

// TestACrashDuringAChangeLeavesOneVersion: an agent crashes at any moment, and comes again. In the end all have changed, or none.
func TestACrashDuringAChangeLeavesOneVersion(t *testing.T) {
	slow := journal.Faults{SyncDelay: 20 * time.Millisecond}
	changed := 0
	for moment := range 24 {
		gather(t, uint64(moment), 3, slow, add(t, round, rounder), func(tc task.Context, w *world) {
			w.move(tc)
			if err := tc.Sleep(aura.Duration(moment) * 100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			w.crash(tc, w.agents[moment%3], time.Second)
			w.settled(tc)
			switch got := fmt.Sprint(w.active(tc)); got {
			case "[2 2 2]":
				changed++
			case "[1 1 1]":
			default:
				t.Errorf("agent %d crashes at %d: active %s", moment%3, moment, got)
			}
		})
	}
	if changed < 12 {
		t.Errorf("%d of 24 changed", changed)
	}
}

// TestTwoChangesAtOnce (sessions.md section 1): two agents ask for different versions in place of the same one, and one of the three
// crashes, or none. Both changes cannot be made, and a change that was refused is no obstacle to the next one.
func TestTwoChangesAtOnce(t *testing.T) {
	latest := strings.ReplaceAll(rounder, "Ask", "Ask of text")
	slow := journal.Faults{SyncDelay: 20 * time.Millisecond}
	for moment := range 12 {
		gather(t, uint64(moment), 3, slow, add(t, round, rounder, latest), func(tc task.Context, w *world) {
			w.move(tc)
			if err := tc.Sleep(aura.Duration(moment/3) * 150 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			_, _, _ = w.propose(tc, w.agents[1], 2) // refused when the first one has reached it
			if moment%4 > 0 {
				if err := tc.Sleep(aura.Duration(moment) * 100 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				w.crash(tc, w.agents[moment%4-1], time.Second)
			}
			w.settled(tc)
			got := fmt.Sprint(w.active(tc))
			if !slices.Contains([]string{"[1 1 1]", "[2 2 2]", "[3 3 3]"}, got) {
				t.Errorf("moment %d: active %s", moment, got)
			}
			if got != "[1 1 1]" {
				return
			}
			if _, _, err := w.propose(tc, w.agents[2], 2); err != nil {
				t.Errorf("moment %d: %v", moment, err)
			}
			w.settled(tc)
			if got := fmt.Sprint(w.active(tc)); got != "[3 3 3]" {
				t.Errorf("moment %d: after another change active %s", moment, got)
			}
		})
	}
}

// TestADeviceGivesItsWordForOneChange: two agents ask the same third one for different versions, and know nothing of each other.
// It changes with one of them, and the other one stays as it is.
func TestADeviceGivesItsWordForOneChange(t *testing.T) {
	latest := strings.ReplaceAll(rounder, "Ask", "Ask of text")
	for moment := range 6 {
		gather(t, uint64(moment), 3, journal.Faults{SyncDelay: 20 * time.Millisecond}, add(t, round, rounder, latest), func(tc task.Context, w *world) {
			third := w.agents[2]
			if _, _, err := w.propose(tc, w.agents[0], 1, third); err != nil {
				t.Fatal(err)
			}
			if err := tc.Sleep(aura.Duration(moment) * 50 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.propose(tc, w.agents[1], 2, third); err != nil {
				t.Fatal(err)
			}
			if moment%2 > 0 {
				if err := tc.Sleep(aura.Duration(moment) * 150 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				w.crash(tc, third, time.Second)
			}
			w.settled(tc)
			if got := fmt.Sprint(w.active(tc)); got != "[2 1 2]" && got != "[1 3 3]" {
				t.Errorf("moment %d: active %s", moment, got)
			}
		})
	}
}
