package auratest

import (
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/world"
)

// sessionFields are the families whose lines are about sessions, with the fields that theirs have beside those that each one has: runtime document,
// "Instrumentation Contract".
var sessionFields = map[world.Family][]string{
	world.FamilySession: nil, world.FamilyIngress: nil, world.FamilyInvariant: nil, world.FamilyConcurrency: nil,
	world.FamilyDelegation: {"from_owner", "to_owner"}, world.FamilyLink: {"from_owner", "to_owner"},
}

// Lacking returns the events about sessions of people which do not restart, and have no copies, that lack a field: each line says which session and
// service it is about, and its owner. While the session lives at that device the owner is the device, and the line has the fragment and
// the profile, too.
func (w *World) Lacking(people ...*Person) (found []string) {
	type holding struct{ owner, session string }
	held := map[holding]bool{}
	for _, e := range w.Events {
		more, of := sessionFields[e.Family()]
		name := e.Field("session_id")
		if !of || name == "" && (e.Service() != "session" || e.ErrorKind() == aura.Corrupt) { // bytes that name no session
			continue
		}
		names := append([]string{"service", "task", "session_id", "owner", "correlation_id"}, more...)
		switch e.Message() {
		case "fail", "rejected", "dropped", "reject", "rollback", "violation":
			names = append(names, "error_kind")
		}
		own, inside := e.Owner(), false
		for _, p := range people {
			device := session.OwnerOf(p.Ring.Device())
			if strings.Contains(e.Owner()+"/", "/"+p.Name+"/") {
				own, inside = device, true
			}
		}
		switch {
		case !inside:
			names = append(names, "fragment_key", "profile")
		case held[holding{own, name}]:
			found = append(found, "it is not the device's: "+e.String())
		}
		switch here := (holding{own, name}); {
		case e.Message() == "claim":
			held[here] = true
		case e.Family() == world.FamilySession, e.Message() == "commit" && e.Field("from_owner") == own:
			delete(held, here)
		}
		for _, field := range names {
			if e.Field(field) == "" {
				found = append(found, "no "+field+": "+e.String())
			}
		}
	}
	return found
}
