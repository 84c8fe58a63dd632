package fact_test

import (
	"errors"
	"strings"
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

func TestNamesOfCapabilitiesAreSegmentsJoinedByColons(t *testing.T) {
	long := strings.Repeat("a", fact.MaxCapability) + ":x"
	for _, name := range []string{"", "chat", ":", "chat:", ":send", "Chat:send", "cap:x", "chat:2", "chat: send", "chat:*", long} {
		if fact.ValidCapability(name) {
			t.Errorf("%q is a name", name)
		}
		if err := fact.NewRegistry().Register(fact.Domain{Name: "chat", Capabilities: []string{name}}); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q was registered: %v", name, err)
		}
	}
	for _, name := range []string{"chat:send", "group:set-role_2", "module:shop:ask"} {
		if !fact.ValidCapability(name) {
			t.Errorf("%q is refused", name)
		}
	}
}
