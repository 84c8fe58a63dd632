package auratest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestARestartForgetsNotWhoBeganASession: a peer has 64 sessions that it began, also after a restart of the agent that plays with it.
func TestARestartForgetsNotWhoBeganASession(t *testing.T) {
	const most = 64
	plays := func(r *session.Registry) error {
		p, problems := choreo.Load("dialogue.tell", dialogue)
		if err := problems.Err("dialogue"); err != nil {
			return err
		}
		i, err := p.Instantiate(nil)
		if err != nil {
			return err
		}
		return errors.Join(r.Add(i, choreo.Defaults{}), r.Play(dialogueID, "Host", func(tc task.Context, p *session.Port) error {
			if err := p.Send(tc, "Guest", "Ask", nil); err != nil {
				return err
			}
			_, _, err := p.Receive(tc, "Guest")
			return err
		}), r.Play(dialogueID, "Guest", func(tc task.Context, p *session.Port) error {
			if _, _, err := p.Receive(tc, "Host"); err != nil {
				return err
			}
			return tc.Sleep(100 * time.Hour)
		}), r.Answer(dialogueID, "Guest", func(task.Context, session.Party, aura.ContextID, *session.Greeting) (session.Opening, error) {
			return session.Opening{Persistent: true}, nil
		}))
	}
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		speaks := func(p *auratest.Person) { p.Options.Sessions = plays }
		ada, ben := w.Person(tc, "Ada", speaks), w.Person(tc, "Ben", speaks)
		context := w.Meet(tc, ada, ben)
		began := 0
		begin := func(n int) {
			for range n {
				began++
				err := ben.Agent.Sessions().Open(tc, session.Opening{
					Name: aura.SessionID{1, byte(began)}, Protocol: dialogueID, Role: "Host", Context: context, Persistent: true,
					Parties: []session.Party{{Role: "Guest", Authority: ada.Self(), Device: ada.Ring.Device()}},
				})
				if err != nil {
					w.Fatalf("%v", err)
				}
			}
		}
		heard := func() (n int) {
			all, err := ada.Agent.Sessions().List(tc)
			if err != nil {
				w.Fatalf("%v", err)
			}
			for i := range all {
				if all[i].Protocol == dialogueID && all[i].Received > 0 {
					n++
				}
			}
			return n
		}
		begin(most)
		w.Until(tc, "Ada hears them", 10*time.Minute, func() bool { return heard() == most })
		ada.Crash()
		ada.Start(tc)
		begin(8)
		w.Sleep(tc, 20*time.Minute)
		if got := heard(); got != most {
			w.Errorf("%d sessions that Ben began live at Ada, want %d", got, most)
		}
	})
}
