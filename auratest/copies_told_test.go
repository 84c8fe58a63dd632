package auratest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// notices returns what the agent of a home tells of copies.
func notices(tc task.Context, p *auratest.Person, names ...*auratest.Person) []status.Notice {
	now := p.Agent.Status()
	return now.Copies(tc.Now().At, func(who aura.AuthorityID) string {
		for _, n := range names {
			if n.Self() == who {
				return n.Name
			}
		}
		return ""
	})
}

// TestADeviceThatRunsTwiceIsTold: both homes say so while both talk, and the peer says whose device it is. An hour after
// one of them has gone the other says that its branches are joined.
func TestADeviceThatRunsTwiceIsTold(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, ben := r.pair()
		for _, p := range r.homes {
			if got := notices(tc, p, ada, ben); got != nil {
				t.Fatalf("%s tells of copies before there is one: %v", p.Name, got)
			}
		}
		twin := ada.Copy(tc, "Ada's copy")
		r.start(twin)
		r.join(twin)
		for _, text := range []string{"first", "second", "third"} {
			r.say(ada, text+" from the original")
			r.say(twin, text+" from the copy")
			r.agree("after the " + text + " text of each")
		}
		for _, p := range []*auratest.Person{ada, twin} {
			got := notices(tc, p, ben)
			if len(got) != 1 || !got[0].Problem || got[0].Fix == "" || got[0].Text != "this device runs twice: another copy of this home sent messages while this one ran" {
				t.Errorf("%s says %+v", p.Name, got)
			}
		}
		for i, p := range []*auratest.Person{ada, twin} {
			r.say([]*auratest.Person{twin, ada}[i], "to me, not to "+p.Name)
			r.w.Until(tc, p.Name+" says with whom Ben talks", 10*time.Minute, func() bool {
				all := p.Look(tc).Connections.View()
				return len(all) == 1 && all[0].Link == status.LinkOffline && all[0].Reason == status.ReasonCopy
			})
		}
		r.agree("after both were offline")
		at := ben.Agent.Status()
		if len(at.Branches) != 1 || at.Branches[0].Device != ada.Ring.Device() || at.Branches[0].Authority != ada.Self() || at.RanTwice != 0 {
			t.Errorf("Ben's agent says %+v, ran twice at %d", at.Branches, at.RanTwice)
		}
		twin.Stop(tc)
		r.say(ada, "alone again")
		r.agree("when the copy has gone")
		r.w.Sleep(tc, status.RecentlyTwice)
		joined := "restored from a copy, or ran twice: the branches of its messages in one conversation are joined"
		if diff := cmp.Diff([]status.Notice{{Text: "this device was " + joined + ", nothing is lost"}}, notices(tc, ada, ben)); diff != "" {
			t.Errorf("Ada, an hour later (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]status.Notice{{Text: "Ada's device was " + joined}}, notices(tc, ben, ada)); diff != "" {
			t.Errorf("Ben, an hour later (-want +got):\n%s", diff)
		}
	})
}

// TestACopyThatLosesItsContactToAnotherIsNotCalledOld: six copies run, each new message takes the contact from one to the next,
// and sessions end as soon as they began. None of the copies says that its home may be an old one.
func TestACopyThatLosesItsContactToAnotherIsNotCalledOld(t *testing.T) {
	relate(t, func(tc task.Context, r *reunion) {
		ada, _ := r.pair()
		all := []*auratest.Person{ada}
		for i := range 5 {
			twin := ada.Copy(tc, fmt.Sprint("Ada's copy ", i+1))
			r.start(twin)
			r.join(twin)
			all = append(all, twin)
		}
		for round := range 3 {
			for _, p := range all {
				r.say(p, fmt.Sprint(p.Name, " in round ", round))
			}
			for range 30 {
				r.w.Sleep(tc, time.Second)
				for _, p := range all {
					for _, c := range p.Look(tc).Connections.View() {
						if strings.HasPrefix(c.Reason, status.ReasonDismisses) {
							t.Fatalf("%s says: %s", p.Name, c.Reason)
						}
					}
				}
			}
		}
	})
}

// TestARestoredHomeIsTold: one that wrote before it met its peer has branches until its next message, and none runs
// twice. One that wrote nothing has no branch.
func TestARestoredHomeIsTold(t *testing.T) {
	for name, wrote := range map[string]bool{"wrote": true, "wrote nothing": false} {
		t.Run(name, func(t *testing.T) {
			relate(t, func(tc task.Context, r *reunion) {
				ada, ben := r.pair()
				backup := ada.Copy(tc, "Ada's backup")
				r.say(ada, "since the backup")
				r.agree("before the restore")
				ada.Stop(tc)
				ada.Restore(tc, backup)
				r.w.Cut(ada, ben)
				r.start(ada)
				var lacked []bool
				told := task.NewGroup(tc, "told")
				told.Go("told", func(tc task.Context) error {
					return ada.Agent.Watch(tc, fact.Selection{Follow: true, Observations: []string{status.Observed}}, func(up fact.Update) error {
						var peers status.Connections
						for _, o := range up.Observations {
							peers.Observe(o)
						}
						for _, c := range peers.View() {
							if n := len(lacked); n == 0 || lacked[n-1] != c.Lacks {
								lacked = append(lacked, c.Lacks)
							}
						}
						return nil
					})
				})
				if wrote {
					r.say(ada, "from the old copy")
				}
				r.w.Sleep(tc, time.Minute)
				r.w.Heal(ada, ben)
				r.agree("after the restore")
				if told.Close(tc, time.Second) != nil || !slices.Equal(lacked, []bool{false, true, false}) {
					t.Errorf("that Ben has messages of hers which Ada lacks was told as %v", lacked)
				}
				if !wrote {
					for _, p := range r.homes {
						if got := notices(tc, p, ada, ben); got != nil {
							t.Errorf("%s says %+v", p.Name, got)
						}
					}
					return
				}
				one := status.Branches{Authority: ada.Self(), Device: ada.Ring.Device(), Open: 1, Most: 2}
				for _, p := range r.homes {
					if diff := cmp.Diff([]status.Branches{one}, p.Agent.Status().Branches); diff != "" {
						t.Errorf("%s (-want +got):\n%s", p.Name, diff)
					}
				}
				got := notices(tc, ada, ben)
				if len(got) != 1 || !got[0].Problem || got[0].Text != "this device runs twice or was restored: its messages have 2 branches in one conversation" {
					t.Errorf("Ada says %+v", got)
				}
				if got := notices(tc, ben, ada); len(got) != 1 || got[0].Problem || got[0].Text != "Ada's device runs twice or was restored: its messages have 2 branches in one conversation" {
					t.Errorf("Ben says %+v", got)
				}
				r.say(ada, "and on")
				r.agree("after the next message")
				one = status.Branches{Authority: one.Authority, Device: one.Device, Joined: 1}
				for _, p := range r.homes {
					if diff := cmp.Diff([]status.Branches{one}, p.Agent.Status().Branches); diff != "" {
						t.Errorf("%s, after the next message (-want +got):\n%s", p.Name, diff)
					}
				}
				if at := ada.Agent.Status().RanTwice; at != 0 {
					t.Errorf("a home that was restored ran twice, at %d", at)
				}
			})
		})
	}
}

// TestThe17thBranchIsToldToItsPerson: 17 copies of a home write one text each and none learns of the others before. The
// peer takes 16 of them. The person of the last one is told, and the peer's, and neither calls it a contradiction. One of the
// 16 sends one more text, which joins the branches: then the peer takes the 17th and an 18th, in the same epoch of the budget,
// whose receipts have more than 16 branches then.
func TestThe17thBranchIsToldToItsPerson(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 1}, func(tc task.Context, w *auratest.World) {
		ada, ben := w.Person(tc, "Ada"), w.Person(tc, "Ben")
		talk := w.Meet(tc, ada, ben)
		ada.Say(tc, talk, "hello")
		w.Sleep(tc, time.Minute)
		ada.Stop(tc)
		backup := ada.Copy(tc, "Ada's backup")
		epoch := func() aura.Epoch { return guard.EpochAt(guard.DefaultPolicy(), tc.Now()) }
		w.Until(tc, "an epoch begins", time.Hour, func() bool { return tc.Now().At%aura.Instant(time.Hour) < aura.Instant(time.Minute) })
		began := epoch()
		has := func(text string) {
			w.Until(tc, "Ben has "+text, 3*time.Minute, func() bool { return slices.Contains(ben.Heard(tc, talk, ada), text) })
		}
		apart := func(home *auratest.Person, text string) {
			ada.Restore(tc, home)
			w.Cut(ada, ben)
			ada.Start(tc)
			ada.Say(tc, talk, text)
			w.Heal(ada, ben)
		}
		for i := range fact.MaxHeads {
			apart(backup, fmt.Sprint("from copy ", i+1))
			has(fmt.Sprint("from copy ", i+1))
			ada.Stop(tc)
		}
		sixteenth := ada.Copy(tc, "Ada's 16th copy")
		apart(backup, "from the 17th copy")
		told := func(p *auratest.Person, reason string) {
			for again := range 2 {
				seen := map[string]bool{}
				w.Until(tc, fmt.Sprint(p.Name, " is told, time ", again+1), 5*time.Minute, func() bool {
					for _, c := range p.Look(tc).Connections.View() {
						seen[c.Reason] = true
					}
					return seen[reason]
				})
				if seen[status.ReasonContradicts] || seen[status.ReasonDismisses] {
					t.Errorf("%s was told of a contradiction: %v", p.Name, seen)
				}
				w.Sleep(tc, 5*time.Minute)
			}
		}
		told(ada, status.ReasonBranchesHere)
		told(ben, status.ReasonBranchesThere)
		if !slices.ContainsFunc(w.Events, func(e world.Event) bool {
			return maps.Collect(e.Fields)["reason"] == "more than 16 copies of a home wrote"
		}) {
			t.Error("nothing is in the log")
		}
		if texts := ben.Heard(tc, talk, ada); len(texts) != fact.MaxHeads+1 {
			t.Errorf("Ben has %q", texts)
		}
		ada.Stop(tc)
		seventeenth := ada.Copy(tc, "Ada's 17th copy")
		ada.Restore(tc, sixteenth)
		ada.Start(tc)
		w.Sleep(tc, time.Minute) // it learns of the others
		ada.Say(tc, talk, "one more from the 16th")
		has("one more from the 16th")
		ada.Stop(tc)
		ada.Restore(tc, seventeenth)
		ada.Start(tc)
		has("from the 17th copy")
		ada.Stop(tc)
		apart(backup, "from the 18th copy")
		has("from the 18th copy")
		w.Until(tc, "the 18th copy has what all wrote", 3*time.Minute, func() bool {
			at := ada.Look(tc).Connections.View()
			return len(ada.Heard(tc, talk, ada)) == fact.MaxHeads+4 && len(at) == 1 && at[0].Link == status.LinkDirect
		})
		ada.Say(tc, talk, "joined again")
		has("joined again")
		if heads, err := ben.Agent.Journal().Heads(fact.ContextNamespace(talk), ada.Ring.Device()); err != nil || len(heads) != 1 {
			t.Errorf("the branches of Ada's device end in %v, %v", heads, err)
		}
		if epoch() != began {
			t.Error("it took more than an epoch, in which receipts begin anew")
		}
	})
}
