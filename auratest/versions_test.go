package auratest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestTwentyAgentsChangeTheirVersionWhileSessionsRun (sessions.md section 5): each session begins and ends in one
// version at both sides. Those that run keep theirs, those that begin behind the change have the new one, and one that begins during it may be
// refused because of its version, and for no other reason.
func TestTwentyAgentsChangeTheirVersionWhileSessionsRun(t *testing.T) {
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		const agents = 20
		var all []*auratest.Person
		var talkers []*talker
		for i := range agents {
			x := &talker{name: fmt.Sprint("agent ", i)}
			talkers = append(talkers, x)
			all = append(all, w.Person(tc, fmt.Sprint("Agent ", i), func(p *auratest.Person) {
				p.Options.Sessions = x.plays
				p.Options.Takes = func(task.Context, session.Party, *seen.Invite) error { return nil }
			}))
		}
		var members []contact.Ref
		for _, p := range all[1:] {
			w.Meet(tc, all[0], p)
		}
		look := all[0].Look(tc)
		for _, p := range all[1:] {
			c, _ := look.Contacts.ByAuthority(p.Self())
			members = append(members, c.Ref)
		}
		var created chat.Created
		all[0].Do(tc, chat.IntentCreate, chat.CreateIntent{Name: "agents", Members: members}, &created)
		for _, p := range all {
			w.Until(tc, p.Name+" takes part", 10*time.Minute, func() bool {
				v := p.Look(tc)
				_, err := v.Chats.Thread(v.Setting, created.Context)
				return err == nil
			})
		}
		begun := map[aura.SessionID]int{} // by its host
		begin := func(round, host int) aura.SessionID {
			name, guest := aura.SessionID{byte(round), byte(host), 3}, all[(host+1)%agents]
			err := all[host].Agent.Sessions().Open(tc, session.Opening{
				Name: name, Protocol: dialogueID, Role: "Host", Context: created.Context, Persistent: true,
				Parties: []session.Party{{Role: "Guest", Authority: guest.Self(), Device: guest.Ring.Device()}},
			})
			if err != nil {
				w.Fatalf("%v", err)
			}
			begun[name] = host
			return name
		}
		for host := range agents {
			begin(1, host)
		}
		w.Sleep(tc, 12*time.Second)
		v, err := all[0].Agent.Sessions().Versions(tc, dialogueID)
		if err != nil {
			w.Fatalf("%v", err)
		}
		var devices []seen.Part
		for _, p := range all[1:] {
			devices = append(devices, seen.Part{Authority: p.Self(), Device: p.Ring.Device()})
		}
		change := upgrade.Request{Protocol: dialogueID, From: v.Active, To: v.Known[1]}
		if _, _, err := all[0].Agent.Ceremonies().Upgrade(tc, created.Context, change, devices); err != nil {
			w.Fatalf("%v", err)
		}
		for host := range agents { // while the change is on its way
			w.Sleep(tc, 100*time.Millisecond)
			begin(2, host)
		}
		for _, p := range all {
			w.Until(tc, p.Name+" has changed", 10*time.Minute, func() bool {
				now, err := p.Agent.Sessions().Versions(tc, dialogueID)
				return err == nil && now.Active == change.To
			})
		}
		for host := range agents {
			begin(3, host)
		}
		ran := map[[32]byte]int{}
		for name, host := range begun {
			h, g := talkers[host], talkers[(host+1)%agents]
			w.Until(tc, h.name+" plays a session to its end", 30*time.Minute, func() bool { return h.ended[name] != nil || h.done[name] && g.done[name] })
			refused, is := errors.AsType[*session.RefusalError](h.ended[name])
			switch {
			case h.done[name] && h.ran[name] == g.ran[name]:
				ran[h.ran[name]]++
			case name[0] == 2 && is && refused.Reason == session.RefusalVersion && g.ran[name] == [32]byte{}:
			default:
				w.Errorf("session %d of %s, in version %.4x here and %.4x there, ended with %v", name[0], h.name, h.ran[name], g.ran[name], h.ended[name])
			}
			if want := map[byte][32]byte{1: change.From, 3: change.To}[name[0]]; want != [32]byte{} && h.ran[name] != want {
				w.Errorf("session %d of %s ran in version %.4x, want %.4x", name[0], h.name, h.ran[name], want)
			}
		}
		if ran[change.From] < agents || ran[change.To] < agents {
			w.Errorf("%d sessions ran in the old version, %d in the new one", ran[change.From], ran[change.To])
		}
	})
}
