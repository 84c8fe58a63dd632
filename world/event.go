package world

import "github.com/aura-runtime/aura"

// Family groups events (runtime document, "Instrumentation Contract").
type Family string

// The event families.
const (
	FamilyRuntime     Family = "runtime"             // start, stop
	FamilyService     Family = "service.lifecycle"   // a transition of a service
	FamilyTask        Family = "task"                // spawn, done, fail, abort
	FamilySession     Family = "session"             // claim, release, fail
	FamilyIngress     Family = "ingress"             // accepted, rejected, dropped
	FamilyDelegation  Family = "delegation"          // start, commit, rollback, reject
	FamilyLink        Family = "link"                // route, reject
	FamilyConcurrency Family = "concurrency.profile" // select, fallback
	FamilyGuard       Family = "guard"               // allow, deny
	FamilyInvariant   Family = "invariant"           // violation
)

// Event is one structured record. Message is static text: "spawn", "deny", "running". Fields that do
// not apply stay empty. An event never carries a payload, a key or a peer's address.
type Event struct {
	Family  Family
	Message string

	Service     string
	Task        string
	Session     string
	Fragment    string
	Owner       string
	From        string // previous owner or state
	To          string // next owner or state
	Profile     string
	ErrorKind   aura.Kind // 0 when nothing failed
	Correlation aura.OperationID
}
