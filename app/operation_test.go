package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// newest waits until a Core's newest operation has a phase, and returns it.
func newest(t *testing.T, tc task.Context, c *app.Model, phase domain.Phase) app.Operation {
	t.Helper()
	all := shows(t, tc, c, app.Operations, func(v []app.Operation) bool { return len(v) > 0 && v[0].Phase == phase })
	return all[0]
}

func TestTwoCoresSeeTheSameOperations(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		one, h1 := a.live(tc)
		two, h2 := a.live(tc)
		to := resolve(t, tc, one, "ben")
		sent, err := one.Send(tc, to, "hi", aura.FactID{})
		if err != nil {
			t.Fatal(err)
		}
		if err := two.Mute(tc, to); err != nil {
			t.Fatal(err)
		}
		want := []string{"moderation.mute succeeded", "chat.send succeeded"}
		kinds := func(v []app.Operation) (out []string) {
			for _, op := range v {
				out = append(out, op.Kind+" "+op.Phase.String())
			}
			return out
		}
		var lists [][]app.Operation
		for _, c := range []*app.Model{one, two} {
			lists = append(lists, shows(t, tc, c, app.Operations, func(v []app.Operation) bool { return slices.Equal(kinds(v), want) }))
		}
		if diff := cmp.Diff(lists[0], lists[1]); diff != "" {
			t.Errorf("operations of the two (-one +two):\n%s", diff)
		}
		if lists[0][1].ID != sent.Operation {
			t.Errorf("the sending is operation %v, want %v", lists[0][1].ID, sent.Operation)
		}
		stop(t, tc, h1)
		stop(t, tc, h2)
	})
}

func TestRefusedOperationFailsWithTheReason(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		if err := c.Block(tc, to); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Send(tc, to, "hi", aura.FactID{}); !errors.Is(err, aura.Denied) {
			t.Errorf("sending to a blocked contact: %v", err)
		}
		if op := newest(t, tc, c, domain.PhaseFailed); op.Reason != "ben is blocked: unblock first" {
			t.Errorf("operation %+v", op)
		}
		stop(t, tc, h)
	})
}

// A Core that is killed in the middle of an action leaves its end to the facts.
func TestReplacedCoreSeesTheSameEnd(t *testing.T) {
	for name, commits := range map[string]bool{"killed before the commit": false, "killed after the commit": true} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				sim := task.NewSim(seed, task.SimOptions{Preempt: 4})
				within(t, sim, func(t *testing.T, tc task.Context) {
					a := met(t, ben)
					inside, never := task.NewLatch(), task.NewLatch()
					hang := func(tc task.Context) error {
						inside.Open()
						return never.Wait(tc)
					}
					if commits {
						a.answer = func(tc task.Context, _ bool, _ error) error { return hang(tc) }
					}
					g := task.NewGroup(tc, "first")
					submitted := make([]aura.OperationID, 0, 1)
					g.Go("user", func(tc task.Context) error {
						first, err := app.New(tc, intercept{a, func(tc task.Context, in fact.Intent) error {
							submitted = append(submitted, in.Operation)
							if !commits {
								return hang(tc)
							}
							return nil
						}}, a.entropy, app.Options{})
						if err != nil {
							return err
						}
						_, err = first.Send(tc, resolve(t, tc, first, "ben"), "hi", aura.FactID{})
						return err
					})
					if err := inside.Wait(tc); err != nil {
						t.Fatal(err)
					}
					sim.Crash(g)
					a.answer = nil

					second := a.core(tc)
					op, err := second.Operation(tc, submitted[0])
					switch {
					case commits && (err != nil || op.Phase != domain.PhaseSucceeded || op.Kind != chat.IntentSend):
						t.Errorf("seed %d: the second Core says %+v, %v", seed, op, err)
					case !commits && !errors.Is(err, aura.NotFound):
						t.Errorf("seed %d: nothing was done, and the second Core says %+v, %v", seed, op, err)
					}
				})
			}
		})
	}
}

// intercept is a bridge that calls a function before each submit.
type intercept struct {
	*agent
	before func(task.Context, fact.Intent) error
}

func (b intercept) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	if err := b.before(tc, in); err != nil {
		return fact.Result{}, err
	}
	return b.agent.Submit(tc, in)
}

// loseAnswer lets an action happen and loses the agent's answer.
func loseAnswer(task.Context, bool, error) error {
	return aura.Errorf("test.Submit", aura.Unavailable, "the answer was lost")
}

func TestLostAnswerIsFoundInTheFacts(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		a.answer = loseAnswer
		sent, err := c.Send(tc, to, "hi", aura.FactID{})
		if err != nil || sent.ID != a.records[len(a.records)-1].ID {
			t.Errorf("send: %+v, %v", sent, err)
		}
		if op := newest(t, tc, c, domain.PhaseSucceeded); op.ID != sent.Operation {
			t.Errorf("operation %+v, want %v", op, sent.Operation)
		}
		stop(t, tc, h)
	})
}

// TestAnActionThatTheAgentNeverGotWasNotDone: the agent answers again, its facts know nothing of the action, and the error says so.
func TestAnActionThatTheAgentNeverGotWasNotDone(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, err := app.New(tc, intercept{a, func(tc task.Context, _ fact.Intent) error { return loseAnswer(tc, false, nil) }}, a.entropy, app.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Send(tc, resolve(t, tc, c, "ben"), "hi", aura.FactID{})
		if !errors.Is(err, aura.Unavailable) || aura.Reason(err) != "the answer was lost; it was not done" {
			t.Errorf("send: %v", err)
		}
	})
}

// TestWhatOnlyTheAnswerSaidIsLostWithIt: the answer to an action does not arrive, but its facts are stored. The error is
// Unavailable, not Corrupt, and names the part that only the answer held: an invitation's code, a group's identifier.
func TestWhatOnlyTheAnswerSaidIsLostWithIt(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		a.answer = loseAnswer
		if _, err := c.Invite(tc, time.Hour); !errors.Is(err, aura.Unavailable) || !strings.Contains(aura.Reason(err), "its code was lost") {
			t.Errorf("invite: %v", err)
		}
		newest(t, tc, c, domain.PhaseSucceeded)
		if _, err := c.CreateGroup(tc, "Friends", []app.Ref{to}); !errors.Is(err, aura.Unavailable) || !strings.Contains(aura.Reason(err), "group was made") {
			t.Errorf("group: %v", err)
		}
		stop(t, tc, h)
	})
}

func TestOperationInDoubtEndsWhenTheAgentReturns(t *testing.T) {
	for name, want := range map[string]domain.Phase{"committed": domain.PhaseSucceeded, "lost": domain.PhaseFailed} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, tc task.Context) {
				a := met(t, ben)
				c, h := a.live(tc)
				to := resolve(t, tc, c, "ben")
				shows(t, tc, c, app.Agent, func(v app.Attachment) bool { return v.Current })
				die := func() error {
					a.dies()
					return a.gone()
				}
				if want == domain.PhaseSucceeded {
					a.answer = func(task.Context, bool, error) error { return die() }
				} else {
					a.dies()
				}
				if _, err := c.Send(tc, to, "hi", aura.FactID{}); !errors.Is(err, aura.Unavailable) {
					t.Errorf("send: %v", err)
				}
				shows(t, tc, c, app.Operations, func(v []app.Operation) bool {
					return len(v) == 1 && v[0].Phase == domain.PhaseRunning && v[0].Reason != ""
				})
				a.answer = nil
				a.lives()
				newest(t, tc, c, want)
				stop(t, tc, h)
			})
		})
	}
}

// A message in doubt is stored once when it is sent again as the same operation, from any process.
func TestAMessageInDoubtIsStoredOnce(t *testing.T) {
	for name, commits := range map[string]bool{"it was stored": true, "it was not": false} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, tc task.Context) {
				a := met(t, ben)
				c := a.core(tc)
				to := resolve(t, tc, c, "ben")
				if commits {
					a.answer = func(task.Context, bool, error) error { a.dies(); return a.gone() }
				} else {
					a.dies()
				}
				_, err := c.Send(tc, to, "hi", aura.FactID{})
				var doubt *app.Doubt
				if !errors.As(err, &doubt) || !errors.Is(err, aura.Unavailable) {
					t.Fatalf("send: %v", err)
				}
				a.answer = nil
				a.lives()
				for _, core := range []*app.Core{c, a.core(tc), c} {
					sent, err := core.SendOnce(tc, to, "hi", aura.FactID{}, doubt.Operation)
					if err != nil || sent.Operation != doubt.Operation {
						t.Fatalf("again: %+v, %v", sent, err)
					}
				}
				if _, err := c.SendOnce(tc, to, "ho", aura.FactID{}, doubt.Operation); !errors.Is(err, aura.Conflict) {
					t.Errorf("another text: %v", err)
				}
				h, err := c.History(tc, to, 0)
				if err != nil || len(h.Messages) != 1 || h.Messages[0].Operation != doubt.Operation {
					t.Errorf("the conversation is %+v, %v", h.Messages, err)
				}
			})
		})
	}
}

func TestUserWhoGivesUpCancelsTheOperation(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		to := resolve(t, tc, c, "ben")
		if err := a.gate.Acquire(tc); err != nil { // the agent is busy with something else
			t.Fatal(err)
		}
		g := task.NewGroup(tc, "user")
		var err error
		g.Go("send", func(tc task.Context) error {
			_, err = c.Send(tc, to, "hi", aura.FactID{})
			return nil
		})
		newest(t, tc, c, domain.PhaseRunning)
		g.Cancel()
		if waited := g.Wait(tc); waited != nil {
			t.Fatal(waited)
		}
		a.gate.Release()
		if !errors.Is(err, aura.Cancelled) {
			t.Errorf("send: %v", err)
		}
		newest(t, tc, c, domain.PhaseCancelled)
		stop(t, tc, h)
	})
}

func TestAcceptanceEndsWithItsInvitation(t *testing.T) {
	code := ben.code(t, 0, aura.Physical{At: aura.Instant(4e18)})
	ended := func(reason string) invite.Ended { return invite.Ended{ID: code.ID(), Reason: reason} }
	for name, c := range map[string]struct {
		kind    string
		payload any
		want    app.Operation
	}{
		"completed": {
			invite.KindCompleted, invite.Completed{ID: code.ID(), Authority: ben.cert.Authority(), Context: ben.pair()},
			app.Operation{Phase: domain.PhaseSucceeded},
		},
		"failed":  {invite.KindFailed, ended("the code was used already"), app.Operation{Phase: domain.PhaseFailed, Reason: "the code was used already"}},
		"expired": {invite.KindExpired, ended(""), app.Operation{Phase: domain.PhaseFailed, Reason: "the invitation expired"}},
		"declined": {
			invite.KindDeclined, invite.Declined{ID: code.ID()},
			app.Operation{Phase: domain.PhaseCancelled, Reason: "the invitation was declined"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, tc task.Context) {
				a := newAgent(t)
				core := a.core(tc)
				accepting, err := core.Accept(tc, code.Encode())
				if err != nil {
					t.Fatal(err)
				}
				short, done := tc.WithBudget("wait", 5*time.Millisecond)
				op, err := core.WaitOperation(short, accepting.Operation)
				done()
				if !errors.Is(err, aura.Timeout) || op.Phase != domain.PhaseRunning {
					t.Errorf("before the end: %+v, %v", op, err)
				}
				a.own(c.kind, c.payload)
				got, err := core.WaitOperation(tc, accepting.Operation)
				if err != nil {
					t.Fatal(err)
				}
				c.want.ID, c.want.Kind = accepting.Operation, invite.IntentAccept
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("operation (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestInvitationsAreMadeAndTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := newAgent(t)
		c, h := a.live(tc)
		made, err := c.Invite(tc, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if code, err := invite.Parse(made.Code); err != nil || code.ID() != made.ID {
			t.Errorf("code of %v: %v", made.ID, err)
		}
		if err := c.CancelInvite(tc, made.ID); err != nil {
			t.Fatal(err)
		}
		list := shows(t, tc, c, app.Invitations, func(v []invite.Invitation) bool { return len(v) == 1 && v[0].Phase == invite.PhaseCancelled })
		direct, err := c.Invitations(tc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, direct); diff != "" {
			t.Errorf("invitations (-signal +asked):\n%s", diff)
		}
		if _, err := c.Accept(tc, "hello"); !errors.Is(err, aura.Invalid) {
			t.Errorf("accepting a text: %v", err)
		}
		stop(t, tc, h)
	})
}

// Facts of actions reach a Core in the order of its agent's journal, which differs from device to device.
func TestOperationsAreTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var facts []fact.Fact
		count := rapid.IntRange(1, 12).Draw(rt, "facts")
		for n := range count {
			author := ada
			if rapid.Bool().Draw(rt, "of a peer") {
				author = ben
			}
			facts = append(facts, fact.Fact{
				Namespace: fact.OwnNamespace(author.cert.Authority()),
				Kind:      rapid.SampledFrom([]string{"moderation.muted", "contact.self", "contact.added", "chat.message", "invite.accepting"}).Draw(rt, "kind"),
				Operation: aura.OperationID{byte(rapid.IntRange(0, 4).Draw(rt, "operation"))},
				Payload:   []byte{0xa0}, Logical: aura.Logical(rapid.IntRange(1, 6).Draw(rt, "logical")),
				Order:  aura.OrderToken{byte(n)},
				Author: author.cert.Authority(), Device: author.cert.Device(),
			})
		}
		fold := func(facts []fact.Fact) (all []app.Operation) {
			within(t, task.NewSim(1, task.SimOptions{}), func(t *testing.T, tc task.Context) {
				var records []fact.Record
				for i, f := range facts {
					records = append(records, fact.Record{Position: fact.Position(i + 1), Seq: uint64(i + 1), ID: f.ID(), Fact: f})
				}
				c, err := app.NewOffline(tc, ada.cert.Authority(), ada.cert.Device(), &counter{}, app.OfflineOptions{Records: records})
				if err != nil {
					t.Fatal(err)
				}
				for id := range byte(5) {
					if op, err := c.Operation(tc, aura.OperationID{id}); err == nil {
						all = append(all, op)
					}
				}
			})
			return all
		}
		other := rapid.Permutation(facts).Draw(rt, "other order")
		if diff := cmp.Diff(fold(facts), fold(other)); diff != "" {
			rt.Fatalf("another order gave other operations:\n%s", diff)
		}
	})
}

func TestPeerCannotMakeOperations(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		a := met(t, ben)
		c, h := a.live(tc)
		a.hears(ben, chat.KindMessage, chat.Text{Text: "mine"}) // carries an operation of ben's
		shows(t, tc, c, app.Chats, func(v []chat.Thread) bool { return len(v) == 1 && v[0].Last != nil })
		shows(t, tc, c, app.Contacts, func(v []contact.Contact) bool { return len(v) == 1 })
		shows(t, tc, c, app.Operations, func(v []app.Operation) bool { return len(v) == 0 })
		stop(t, tc, h)
	})
}
