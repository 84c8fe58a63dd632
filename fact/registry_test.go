package fact_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

func chatDomain() fact.Domain {
	return fact.Domain{
		Name: "chat",
		Kinds: []fact.Kind{
			{Name: "chat.message", Columns: []fact.Column{{Name: "text", Key: 1}}, Check: func(f *fact.Fact) error {
				if len(f.Payload) == 0 {
					return aura.Errorf("chat.Check", aura.Invalid, "message is empty")
				}
				return nil
			}},
			{Name: "chat.read"},
		},
		Intents:  []string{"chat.send"},
		Delivery: fact.Retention{Min: 30 * 24 * time.Hour, Max: 90 * 24 * time.Hour, Tracked: []string{"chat.message"}},
	}
}

func TestRegistryAnswersForRegisteredKinds(t *testing.T) {
	r := fact.NewRegistry()
	if err := r.Register(chatDomain()); err != nil {
		t.Fatal(err)
	}
	if k, ok := r.Kind("chat.message"); !ok || k.Columns[0].Name != "text" {
		t.Errorf("kind chat.message: %+v, %v", k, ok)
	}
	if !r.Intent("chat.send") || r.Intent("chat.message") {
		t.Error("intents and kinds are two lists")
	}
	for _, name := range []string{"chat.read", "chat.send"} {
		if d, ok := r.Domain(name); !ok || d.Name != "chat" {
			t.Errorf("%s belongs to %q, %v", name, d.Name, ok)
		}
	}
	empty, other := sample(), sample()
	empty.Payload, other.Kind, other.Payload = nil, "future.kind", nil
	if err := r.Check(&empty); !errors.Is(err, aura.Invalid) {
		t.Errorf("empty message: got %v, want invalid", err)
	}
	if err := r.Check(&other); err != nil {
		t.Errorf("a fact of an unregistered kind is kept: %v", err)
	}
	if !r.Policy("chat.message").RequiresAck("chat.message") || r.Policy("future.kind").RequiresAck("future.kind") {
		t.Error("the domain's policy decides what is acknowledged, and nothing is by default")
	}
}

func TestRegistryRefusesWhatIsTaken(t *testing.T) {
	cases := []struct {
		name string
		d    fact.Domain
		want aura.Kind
	}{
		{"same domain", fact.Domain{Name: "chat"}, aura.Conflict},
		{"same kind", fact.Domain{Name: "other", Kinds: []fact.Kind{{Name: "chat.read"}}}, aura.Conflict},
		{"same intent", fact.Domain{Name: "other", Intents: []string{"chat.send"}}, aura.Conflict},
		{"kind twice", fact.Domain{Name: "other", Kinds: []fact.Kind{{Name: "other.a"}, {Name: "other.a"}}}, aura.Conflict},
		{"intent twice", fact.Domain{Name: "other", Intents: []string{"other.a", "other.b", "other.a"}}, aura.Conflict},
		{"no name", fact.Domain{}, aura.Invalid},
		{"dotted name", fact.Domain{Name: "a.b"}, aura.Invalid},
		{"bad kind", fact.Domain{Name: "other", Kinds: []fact.Kind{{Name: "Other"}}}, aura.Invalid},
		{"bad intent", fact.Domain{Name: "other", Intents: []string{""}}, aura.Invalid},
	}
	for _, c := range cases {
		r := fact.NewRegistry()
		if err := r.Register(chatDomain()); err != nil {
			t.Fatal(err)
		}
		if err := r.Register(c.d); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if n := len(r.Domains()); n != 1 {
			t.Errorf("%s: %d domains after the refusal", c.name, n)
		}
	}
}

func TestRegistryDoesNotDependOnTheOrderOfRegistration(t *testing.T) {
	domains := []fact.Domain{chatDomain(), {Name: "contact", Kinds: []fact.Kind{{Name: "contact.added"}}}, {Name: "invite", Intents: []string{"invite.create"}}}
	rapid.Check(t, func(t *rapid.T) {
		r := fact.NewRegistry()
		for _, d := range rapid.Permutation(domains).Draw(t, "order") {
			if err := r.Register(d); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]string{}
		for _, name := range []string{"chat.message", "chat.send", "contact.added", "invite.create", "none"} {
			d, _ := r.Domain(name)
			got[name] = d.Name
		}
		want := map[string]string{"chat.message": "chat", "chat.send": "chat", "contact.added": "contact", "invite.create": "invite", "none": ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("owners differ (-want +got):\n%s", diff)
		}
	})
}

func TestRetentionCollectsBetweenItsBounds(t *testing.T) {
	p := fact.Retention{Min: 30 * time.Hour, Max: 90 * time.Hour}
	cases := []struct {
		age   time.Duration
		acked bool
		want  bool
	}{
		{29 * time.Hour, true, false},
		{30 * time.Hour, true, true},
		{30 * time.Hour, false, false},
		{89 * time.Hour, false, false},
		{90 * time.Hour, false, true},
	}
	for _, c := range cases {
		if got := p.CanCollect(c.age, c.acked); got != c.want {
			t.Errorf("age %v, acknowledged %v: collect %v", c.age, c.acked, got)
		}
	}
}
