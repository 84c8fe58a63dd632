package cli

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
)

// TestNoNameMakesALineOfSomebodyElse: what stands in front of the first colon is who speaks.
func TestNoNameMakesALineOfSomebodyElse(t *testing.T) {
	for name, want := range map[string]string{
		"Ben": "Ben", "Ben & Co. (work)": "Ben & Co. (work)", "Gal·la": "Gal·la",
		"you: I owe you 100": `"you: I owe you 100"`,
		"Ben\u2236 yes":      "\"Ben\u2236 yes\"",
		`Ben": "x`:           `"Ben\": \"x"`,
	} {
		if got := speaker(&chat.Message{From: name}); got != want {
			t.Errorf("%q speaks as %s, want %s", name, got, want)
		}
	}
	if got := speaker(&chat.Message{From: "Ben", Mine: true}); got != "you" {
		t.Errorf("the owner speaks as %q", got)
	}
}

// TestAnInterruptedVerbSaysSo: the words of a task are for developers.
func TestAnInterruptedVerbSaysSo(t *testing.T) {
	var said strings.Builder
	err := task.NewReal(task.RealOptions{}).Run("verb", func(tc task.Context) error {
		tc.Group().Cancel()
		return tc.Err()
	})
	if code := Report(&Shell{Err: &said}, err); code != 1 || said.String() != "aura: interrupted\n" {
		t.Errorf("code %d, %q", code, said.String())
	}
}

// TestWhyAContactIsOfflineIsSaid: a person who sees only that a contact is offline may wait in vain.
func TestWhyAContactIsOfflineIsSaid(t *testing.T) {
	for _, c := range []struct {
		who  app.Person
		want string
	}{
		{app.Person{Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonAbsent}}, "offline"},
		{app.Person{Connection: status.Connection{Link: status.LinkOffline}}, "offline"},
		{app.Person{Connection: status.Connection{Link: status.LinkOffline, Reason: "you blocked this contact"}, Blocked: true}, "offline, blocked"},
		{app.Person{Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonContradicts}}, "offline, " + status.ReasonContradicts},
		{app.Person{Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonOlder}}, "offline, " + status.ReasonOlder},
		{app.Person{Connection: status.Connection{Link: status.LinkOffline, Reason: status.ReasonBranchesHere}}, "offline, " + status.ReasonBranchesHere},
		{app.Person{Connection: status.Connection{Link: status.LinkDirect, Reason: "old"}}, "direct"},
		{app.Person{Connection: status.Connection{Link: status.LinkDirect, Lacks: true}}, "direct, " + status.Lacks},
	} {
		if got := reached(&c.who); got != c.want {
			t.Errorf("%+v: %q", c.who.Connection, got)
		}
	}
}
