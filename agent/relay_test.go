package agent_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
)

// TestMutualContactRelays: Ada and Ben lose every way to each other but the one through Cleo, whom both
// know, and still talk. The three are real agents on loopback.
func TestMutualContactRelays(t *testing.T) {
	dir := t.TempDir()
	listen := []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		w := &simulated{t: t}
		open := func(p *person, listen []string) {
			var err error
			key := keyring.KeyFile(filepath.Join(dir, p.name+".key"))
			p.hands, err = agent.OpenHome(tc, filepath.Join(dir, p.name), key, agent.HomeOptions{Listen: listen, Private: true})
			if err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			w.start(tc, p, agent.Options{})
		}
		stop := func(p *person) {
			if err := p.Stop(tc); err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
		}
		people := map[string]*person{}
		for _, name := range []string{"Ada", "Ben", "Cleo"} {
			p := &person{name: name}
			if _, err := agent.CreateHome(tc, filepath.Join(dir, name), name, keyring.KeyFile(filepath.Join(dir, name+".key"))); err != nil {
				t.Fatal(err)
			}
			open(p, listen)
			people[name] = p
		}
		ada, ben, cleo := people["Ada"], people["Ben"], people["Cleo"]
		w.meet(tc, ada, cleo)
		w.meet(tc, cleo, ben)
		context := w.meet(tc, ada, ben)

		// Each learns that the other can be reached through Cleo.
		for _, p := range []*person{ada, ben} {
			_, err := p.await(tc, "an address through Cleo", func(r *fact.Record) bool {
				var a contact.Addresses
				return r.Fact.Kind == contact.KindAddresses && fact.Unmarshal(r.Fact.Payload, &a) == nil &&
					a.Context == context && strings.Contains(strings.Join(a.Addresses, " "), "/p2p-circuit")
			})
			if err != nil {
				t.Fatal(err)
			}
		}

		// Both start again where nobody can reach them directly.
		stop(ada)
		stop(ben)
		open(ada, nil)
		open(ben, nil)
		if err := ada.submit(tc, chat.IntentSend, chat.SendIntent{To: ref(t, tc, ada.Agent, context), Text: "through Cleo"}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := ben.await(tc, "the message", func(r *fact.Record) bool {
			return r.Fact.Kind == chat.KindMessage && r.Fact.Author == ada.Self()
		}); err != nil {
			t.Fatal(err)
		}
		stop(ada)
		stop(ben)
		stop(cleo)
		return nil
	})
	if err != nil && aura.KindOf(err) != aura.Cancelled {
		t.Fatal(err)
	}
}
