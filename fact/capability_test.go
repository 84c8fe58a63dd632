package fact_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

func TestCapabilitiesAreDeclaredOnceByTheirDomain(t *testing.T) {
	r := fact.NewRegistry()
	chat := fact.Domain{
		Name: "chat", Kinds: []fact.Kind{{Name: "chat.message"}}, Capabilities: []string{"chat:send", "chat:read"},
	}
	if err := r.Register(chat); err != nil {
		t.Fatal(err)
	}
	for _, d := range []fact.Domain{
		{Name: "other", Capabilities: []string{"chat:send"}},
		{Name: "other", Capabilities: []string{"other:x", "other:x"}},
		{Name: "other", Capabilities: []string{"chat:query"}},
	} {
		if err := r.Register(d); !errors.Is(err, aura.Conflict) {
			t.Errorf("%v: %v", d.Capabilities, err)
		}
	}
	if diff := cmp.Diff([]string{"chat:query", "chat:read", "chat:send"}, r.Capabilities()); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfCapabilitiesAreWordsAroundAColon(t *testing.T) {
	long := string(make([]byte, fact.MaxCapability)) + ":x"
	for _, name := range []string{"", "chat", ":", "chat:", ":send", "Chat:send", "chat:send:x", "chat: send", "chat:*", long} {
		if fact.ValidCapability(name) {
			t.Errorf("%q is a name", name)
		}
		if err := fact.NewRegistry().Register(fact.Domain{Name: "chat", Capabilities: []string{name}}); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q was registered: %v", name, err)
		}
	}
	if !fact.ValidCapability("chat:send") || !fact.ValidCapability("group.member:set-role2") {
		t.Error("a good name is refused")
	}
}
