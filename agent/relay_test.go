package agent_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
)

// machine runs one agent after the other on loopback.
type machine struct {
	*agent.Agent
	name string
}

// submit hands an intent to an agent.
func submit(tc task.Context, a *agent.Agent, kind string, payload, result any) error {
	b, err := fact.Marshal(payload)
	if err != nil {
		return err
	}
	r, err := a.Submit(tc, fact.Intent{Kind: kind, Payload: b})
	if err != nil || result == nil {
		return err
	}
	return fact.Unmarshal(r.Payload, result)
}

// introduce lets a invite and b accept, and returns their context.
func introduce(t *testing.T, tc task.Context, a, b *machine) aura.ContextID {
	t.Helper()
	var code invite.CreateResult
	err := submit(tc, a.Agent, invite.IntentCreate, invite.CreateIntent{}, &code)
	if err == nil {
		err = submit(tc, b.Agent, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	var contexts [2]aura.ContextID
	for i, m := range []*machine{a, b} {
		other := []*machine{b, a}[i].Self()
		if _, err := await(tc, m.Agent, "contact", func(r *fact.Record) bool {
			var added contact.Added
			if r.Fact.Kind != contact.KindAdded || fact.Unmarshal(r.Fact.Payload, &added) != nil || added.Authority != other {
				return false
			}
			contexts[i] = added.Context
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	if contexts[0] != contexts[1] {
		t.Fatal("the two sides have different contexts")
	}
	return contexts[0]
}

// ref returns the reference to the conversation with a contact.
func ref(t *testing.T, tc task.Context, a *agent.Agent, context aura.ContextID) chat.Ref {
	t.Helper()
	var contacts contact.State
	err := a.Watch(tc, fact.Selection{Kinds: []string{"contact.*"}}, func(up fact.Update) error {
		for i := range up.Records {
			contacts.Apply(&up.Records[i])
		}
		return nil
	})
	c, ok := contacts.ByContext(context)
	if err != nil || !ok {
		t.Fatalf("there is no such contact: %v", err)
	}
	return chat.Ref{Context: context, Epoch: c.Epoch}
}

// TestMutualContactRelays: Ada and Ben lose every way to each other but the one through Cleo, whom both
// know, and still talk. The three are real agents on loopback.
func TestMutualContactRelays(t *testing.T) {
	dir := t.TempDir()
	listen := []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}
	err := task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		open := func(m *machine, listen []string) {
			key := keyring.KeyFile(filepath.Join(dir, m.name+".key"))
			hands, err := agent.OpenHome(tc, filepath.Join(dir, m.name), key, agent.HomeOptions{Listen: listen, Private: true})
			if err == nil {
				m.Agent, err = agent.New(tc, task.NewGroup(tc, m.name), hands, agent.Options{})
			}
			if err == nil {
				err = m.Start(tc)
			}
			if err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
		}
		stop := func(m *machine) {
			if err := m.Stop(tc); err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
		}
		ada, ben, cleo := &machine{name: "Ada"}, &machine{name: "Ben"}, &machine{name: "Cleo"}
		for _, m := range []*machine{ada, ben, cleo} {
			if _, err := agent.CreateHome(tc, filepath.Join(dir, m.name), m.name, keyring.KeyFile(filepath.Join(dir, m.name+".key"))); err != nil {
				t.Fatal(err)
			}
			open(m, listen)
		}
		introduce(t, tc, ada, cleo)
		introduce(t, tc, cleo, ben)
		context := introduce(t, tc, ada, ben)

		// Each learns that the other can be reached through Cleo.
		for _, p := range []*machine{ada, ben} {
			_, err := await(tc, p.Agent, "an address through Cleo", func(r *fact.Record) bool {
				var a contact.Addresses
				return r.Fact.Kind == contact.KindAddresses && fact.Unmarshal(r.Fact.Payload, &a) == nil &&
					a.Context == context && strings.Contains(strings.Join(a.Addresses, " "), "/p2p-circuit")
			})
			if err != nil {
				t.Fatal(err)
			}
		}

		// Both start again at addresses that cannot be reached directly.
		stop(ada)
		stop(ben)
		open(ada, nil)
		open(ben, nil)
		if err := submit(tc, ada.Agent, chat.IntentSend, chat.SendIntent{To: ref(t, tc, ada.Agent, context), Text: "through Cleo"}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := await(tc, ben.Agent, "the message", func(r *fact.Record) bool {
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
