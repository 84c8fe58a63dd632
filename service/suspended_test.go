package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// held makes two contacts with a session in which Ben was asked and does not answer before open is true.
func held(tc task.Context, w *auratest.World, open *bool) (ada, ben *auratest.Person, module func() domain.Module) {
	asked := false
	give := giver(func(*domain.Talk) (domain.Move, error) {
		if asked = true; *open {
			return domain.Tell("Asker", "Give", nil)
		}
		return domain.AwaitFacts()
	})
	ada, ben, context := pair(tc, w, give, nil)
	if err := asks(tc, ada, context); err != nil {
		w.Fatalf("%v", err)
	}
	w.Until(tc, "Ben is asked", time.Minute, func() bool { return asked })
	return ada, ben, func() domain.Module { return pactOf(give, nil) }
}

// only returns the session of the module that a person has.
func only(tc task.Context, p *auratest.Person) view.Session {
	p.World.Helper()
	all, err := p.Agent.Sessions().List(tc)
	i := slices.IndexFunc(all, func(s view.Session) bool { return s.Protocol == pactID })
	if err != nil || i < 0 {
		p.World.Fatalf("%s has the sessions %+v, %v", p.Name, all, err)
	}
	return all[i]
}

// unconcluded returns how many ends at a person wait for the play to say what they mean.
func unconcluded(p *auratest.Person) (n int) {
	for _, l := range p.Agent.Journal().Logs() {
		if l.Family() == "unconcluded" {
			n++
		}
	}
	return n
}

// TestASessionWaitsForItsProtocol: Ben's agent runs for hours without the module, or with another text of the protocol. Neither side ends
// the session, and when the text is back both play it to its end.
func TestASessionWaitsForItsProtocol(t *testing.T) {
	for what, without := range map[string]func(domain.Module) []domain.Module{
		"without the module":         func(domain.Module) []domain.Module { return nil },
		"without its text":           func(m domain.Module) []domain.Module { return changed(m, newPact) },
		"with a text that is not so": func(m domain.Module) []domain.Module { return changed(m, strings.ReplaceAll(pact, "Thanks", "Bye")) },
	} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			open := false
			ada, ben, module := held(tc, w, &open)
			restarted(tc, ben, without(module())...)
			open = true
			w.Sleep(tc, 30*time.Minute)
			now := ben.Agent.Status()
			if len(now.Suspended) != 1 || !strings.Contains(now.Suspended[0], pactID) || len(now.Damaged) != 0 {
				w.Errorf("%s: suspended are %q, damaged %q", what, now.Suspended, now.Damaged)
			}
			s := only(tc, ben)
			if s.State != view.StateSuspended || s.Received != 1 || only(tc, ada).State == view.StateEnded {
				w.Errorf("%s: Ben's session is %+v, Ada's %+v", what, s, only(tc, ada))
			}
			if shown, err := ben.Agent.Sessions().Show(tc, s.Name); err != nil || len(shown.Steps) != 1 || shown.Session.State != view.StateSuspended {
				w.Errorf("%s: it is shown as %+v, %v", what, shown, err)
			}
			if _, err := ben.Agent.Sessions().Trace(tc, s.Name); aura.KindOf(err) != aura.Unavailable {
				w.Errorf("%s: its trace: %v", what, err)
			}
			restarted(tc, ben, module())
			w.Until(tc, what+": it is given", 30*time.Minute, func() bool {
				return slices.Equal(ways(tc, ada), []string{"given"}) && slices.Equal(ways(tc, ben), []string{"thanked"})
			})
			over(tc, w, ada, ben)
			if len(ben.Agent.Status().Suspended) > 0 || unconcluded(ada)+unconcluded(ben) > 0 {
				w.Errorf("%s: still suspended are %q, and %d ends are not concluded", what, ben.Agent.Status().Suspended, unconcluded(ben))
			}
		})
	}
}

// TestASuspendedSessionHasItsBudget: it ends while the module is away, by its budget or because it is ended, and the play says the meaning
// of that once when the module is back. Ben learns of the end.
func TestASuspendedSessionHasItsBudget(t *testing.T) {
	for _, by := range []view.EndKind{view.EndExpired, view.EndCancelled} {
		auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
			open := false
			ada, ben, module := held(tc, w, &open)
			restarted(tc, ada)
			name := only(tc, ada).Name
			w.Sleep(tc, 30*time.Minute)
			if by == view.EndCancelled {
				if err := ada.Agent.Sessions().End(tc, name); err != nil {
					w.Errorf("%v", err)
				}
			}
			w.Sleep(tc, time.Hour)
			all, err := ada.Agent.Sessions().Ended(tc)
			i := slices.IndexFunc(all, func(e view.Ended) bool { return e.Session.Name == name })
			if err != nil || i < 0 || all[i].End.Kind != by || len(recordings(ada)) != 0 || unconcluded(ada) != 1 {
				w.Fatalf("Ada's ends are %+v, recordings %v, not concluded %d, %v", all, recordings(ada), unconcluded(ada), err)
			}
			for range 2 {
				restarted(tc, ada, module())
				w.Sleep(tc, time.Minute)
				if got := ways(tc, ada); len(got) != 1 || !strings.HasPrefix(got[0], by.String()) || unconcluded(ada) != 0 {
					w.Errorf("Ada settled it as %q, not concluded %d", got, unconcluded(ada))
				}
			}
			w.Until(tc, "Ben has settled it", 15*time.Minute, func() bool { return len(ways(tc, ben)) == 1 })
			over(tc, w, ada, ben)
		})
	}
}

// TestAPlayIsToldOfARecordingThatWasGivenUp: once, over restarts.
func TestAPlayIsToldOfARecordingThatWasGivenUp(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		open := false
		_, ben, _ := held(tc, w, &open)
		change := journal.LogChange{Name: recordings(ben)[0].Name, Values: [][]byte{{0xff}}}
		if _, err := ben.Agent.Journal().Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
			w.Fatalf("%v", err)
		}
		ben.Crash()
		ben.Options.Hardening = machine.HardeningProduction
		ben.Start(tc)
		for range 2 {
			w.Sleep(tc, time.Minute)
			if got := ways(tc, ben); len(got) != 1 || !strings.HasPrefix(got[0], "failed: ") || unconcluded(ben) != 0 {
				w.Errorf("Ben settled it as %q, not concluded %d", got, unconcluded(ben))
			}
			ben.Crash()
			ben.Start(tc)
		}
	})
}

// slowly takes its time with what a play commits at the end.
type slowly struct {
	interp.Interpreter
	waits *bool
}

func (s slowly) Execute(tc task.Context, r *interp.Decision) (effect.Result, error) {
	if r.Request.Message() == nil && r.Request.Capability == "pact:agree" && *s.waits {
		*s.waits = false
		if err := tc.Sleep(time.Minute); err != nil {
			return effect.Result{}, err
		}
	}
	return s.Interpreter.Execute(tc, r)
}

// TestACrashBetweenAnEndAndWhatItMeans: Ada ends the session, and Ben's agent crashes when its end is durable and the facts of its play
// about that are not. After the start the play says it, once.
func TestACrashBetweenAnEndAndWhatItMeans(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 2}, func(tc task.Context, w *auratest.World) {
		open, waits := false, true
		ada, ben, module := held(tc, w, &open)
		ben.Options.Wrap = func(inner interp.Interpreter) interp.Interpreter { return slowly{inner, &waits} }
		restarted(tc, ben, module())
		w.Sleep(tc, time.Minute)
		if err := ada.Agent.Sessions().End(tc, only(tc, ada).Name); err != nil {
			w.Fatalf("%v", err)
		}
		w.Until(tc, "Ben's play is about to say what it means", time.Minute, func() bool { return !waits })
		if len(recordings(ben)) != 0 || len(ways(tc, ben)) != 0 {
			w.Fatalf("Ben has the recordings %v, and settled it as %q", recordings(ben), ways(tc, ben))
		}
		ben.Crash()
		ben.Start(tc)
		for range 2 {
			w.Sleep(tc, time.Minute)
			if got := ways(tc, ben); len(got) != 1 || !strings.HasPrefix(got[0], "cancelled") || unconcluded(ben) != 0 {
				w.Errorf("Ben settled it as %q, not concluded %d", got, unconcluded(ben))
			}
			restarted(tc, ben, module())
		}
	})
}
