package choreo

import (
	"fmt"
	"slices"
	"strings"
)

// reservedRoots may not begin the path of a module's own capability: they belong to Aura's protocols and
// to the host.
var reservedRoots = []string{
	"amp", "auth", "chat", "consensus", "dkd", "example", "invitation", "recovery", "relay", "rendezvous", "sync",
	"read", "write", "execute", "delegate", "moderator", "flow_charge",
}

// maxCapability bounds the name of a capability, in bytes.
const maxCapability = 256

// CheckCapability refuses a text that is not the name of a capability: two segments or more, joined by colons,
// each of lower-case letters, digits, "_" and "-" and beginning with a letter. "cap:" may not begin a
// name, and "module:id:path" may not have a path that begins with a root that Aura or the host owns;
// whether the module was admitted is for admission to ask.
func CheckCapability(name string) error {
	segments := strings.Split(name, ":")
	switch {
	case len(name) > maxCapability:
		return fmt.Errorf("the name of a capability has at most %d bytes", maxCapability)
	case len(segments) < 2:
		return fmt.Errorf("capability %q needs a namespace, as in chat:send", name)
	case segments[0] == "cap":
		return fmt.Errorf("capability %q must not begin with the segment cap", name)
	}
	for _, s := range segments {
		if !capabilitySegment(s) {
			return fmt.Errorf("capability %q: segment %q is not lower-case letters, digits, _ and -", name, s)
		}
	}
	if segments[0] != "module" {
		return nil
	}
	if len(segments) < 3 {
		return fmt.Errorf("capability %q must be module:id:path", name)
	}
	if slices.Contains(reservedRoots, segments[2]) {
		return fmt.Errorf("capability %q: a module may not claim the root %s", name, segments[2])
	}
	return nil
}

func capabilitySegment(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return s != ""
}
