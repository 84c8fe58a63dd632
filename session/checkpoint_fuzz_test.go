package session

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine"
)

// FuzzCheckpoint plays a checkpoint of any content: none makes the engine fail, and one that is refused leaves no session behind.
func FuzzCheckpoint(f *testing.F) {
	r := NewRegistry()
	p, problems := choreo.Load("test.tell", `
module meter exposing (Meter)

protocol Meter =
  roles Device, Reader
  loop forever
    Device { guard_capability : "chat:send" } -> Reader : Value
`)
	if err := problems.Err("test"); err != nil {
		f.Fatal(err)
	}
	i, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		f.Fatal(err)
	}
	if err := r.Add(i, choreo.Defaults{}); err != nil {
		f.Fatal(err)
	}
	id := i.Protocol.Manifest(choreo.Defaults{}).ProtocolID
	made := r.newRerun(everyMessage)
	o := Opening{Name: aura.SessionID{1}, Protocol: id, Role: "Reader", Version: r.Versions(id)[0]}
	protocol, err := r.image(id, o.Version, nil)
	if err != nil {
		f.Fatal(err)
	}
	a, err := made.engine.admission(protocol, nil)
	if err != nil {
		f.Fatal(err)
	}
	if made.live, err = made.engine.enter(protocol, o, a, nil); err != nil {
		f.Fatal(err)
	}
	made.inbox = []received{{from: "Device", label: "Value", payload: []byte("3")}}
	entries, err := made.checkpoint([]byte("state"))
	if err != nil {
		f.Fatal(err)
	}
	whole, err := fact.Marshal(entries)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		var entries [][]byte
		if fact.Unmarshal(b, &entries) != nil {
			return
		}
		a, n := assembler{name: o.Name}, r.newRerun(everyMessage)
		for _, v := range entries {
			e, err := a.add(v)
			if err != nil {
				if !isCorrupt(err) {
					t.Fatalf("%v", err)
				}
				return
			}
			if e == nil {
				continue
			}
			if err := n.play(o.Name, e); err != nil {
				if e.Opening != nil && len(n.engine.machine.Sessions()) > 0 {
					t.Fatalf("a checkpoint that was refused left a session behind: %v", err)
				}
				return
			}
		}
		if n.engine.machine.Status() == machine.StatusProgressing {
			t.Fatal("a role that is ready was not run")
		}
	})
}

func isCorrupt(err error) bool { return aura.KindOf(err) == aura.Corrupt }
