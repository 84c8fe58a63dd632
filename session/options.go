package session

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Decider takes requests through the guard chain.
type Decider interface {
	Decide(task.Context, *guard.Request) (effect.Result, error)
	// EndSession forgets the decisions about the messages of a session that has ended, in one batch with changes of logs.
	EndSession(task.Context, aura.SessionID, ...journal.LogChange) error
}

// Options configures an [Engine]. Each field whose comment names no default is required.
type Options struct {
	Own aura.AuthorityID
	// Device is the one on which the engine runs, as lines about sessions name their owner. Default: they name the engine.
	Device   aura.DeviceID
	Registry *Registry
	Decider  Decider
	Journal  *journal.Journal
	Entropy  world.Entropy
	// Sessions bounds the sessions that live at once. Peers begin three quarters of them at most. Default: 4,096.
	Sessions int
	// Recording bounds the entries of one session's recording since its program saved last, see [Port.Save]. Beyond it a message is
	// neither sent nor taken, and the program gets aura.Exhausted. Default: 65,536.
	Recording int
	// RecordingBytes bounds their bytes in the same way. Default, and at most: 63 MiB.
	RecordingBytes int
	// Width is how many steps the engine takes at once, of sessions whose protocols ask for that by their policy and for whose images the evidence
	// holds: their admission says so. The others run one step at a time beside them. Default: 1, which admits nothing wider.
	Width int
	// Parity, if not 0, demands the settings of a lane in which runtimes of different platforms must agree. Default: in a browser and under
	// WASI the lane of WebAssembly, whose steps are taken one at a time.
	Parity machine.Parity
	// Hardening is the posture: outside of production a violation of an invariant ends the engine, and in integration each
	// persistent session is replayed at its end and compared. It holds from the start on. Default: production.
	Hardening machine.Hardening
	// Told is called with each message that a role played here has sent or received, but for those that a restart repeats. It must
	// not wait. Default: nothing is called.
	Told func(role choreo.Role, step view.Step)
	// Waiting is called when a session waits for a channel to a peer in its context, and none speaks for it. It must not wait.
	// Default: nothing is called.
	Waiting func(context aura.ContextID, peer aura.AuthorityID)
	// Policy returns the limits of a context, whose epochs sessions name. The tasks of its callers call it, and not the engine's. Default: a session
	// has the epoch that its opening names, and peers begin theirs in any.
	Policy func(task.Context, aura.ContextID) (guard.Policy, error)
	// Vouch returns the Ed25519 key with which a device signs, false for one that its authority does not list. It must not wait. Default:
	// no role of a peer goes to another device.
	Vouch func(aura.AuthorityID, aura.DeviceID) ([32]byte, bool)
	// Removed reports whether an authority has removed a device from its account, see [Engine.Removals]. It must not wait. Default: none was.
	Removed func(aura.AuthorityID, aura.DeviceID) bool
}

// Party is a participant of a session: who plays a role.
type Party struct {
	Role choreo.Role
	// Authority is zero for one who has no name yet: the other side of an invitation. The caller of [Engine.Deliver]
	// vouches for it then.
	Authority aura.AuthorityID
	// Device is the one of the authority's devices that plays the role: a message of another one does not count. Zero: the first
	// that greets for the session.
	Device aura.DeviceID
}

// Opening says how a session begins here.
type Opening struct {
	Name     aura.SessionID // the same at all participants; not zero
	Protocol string
	Role     choreo.Role // the one that is played here
	// Context is the shared context whose budgets pay, or the invitation that stands for it before there is one.
	Context aura.ContextID
	Parties []Party // those of the other roles
	// Sizes has the number of members of each family of roles, by parameter. Nil: the protocol has no families.
	Sizes []Size
	// Version is the digest of the protocol's image with these sizes. Zero: that of the version in which sessions begin here.
	Version [32]byte
	// Argument is for the program of the role that is played here, at most 65,528 bytes. A recording keeps it.
	Argument []byte
	// Persistent has the session survive a restart. The others end with the agent.
	Persistent bool
	// Anew lets the session begin again when one of its name has ended here: the facts of its domain decide then what there is
	// still to agree on.
	Anew bool
	// Operation is the person's action by which this agent began the session; zero: a peer began it, or none did.
	Operation aura.OperationID
	// Epoch is the one of the context's budgets in which the session began, by the clock of the side that opened it: the other side takes it from
	// there. It never changes. A session that several sides open needs the same epoch at each. Default: in a session with one other participant, who
	// has a name, the present epoch of the context, and else none.
	Epoch   aura.Epoch
	greeted bool // a peer began it, by a greeting: it needs a channel until a message has come or left
	// Budget is how long the session may take, from now on: then it expires. A restart does not begin it anew. Default: 30 days for a
	// persistent session, and no bound for another one, which ends with the agent.
	Budget aura.Duration
}

// defaultBudget is how long a persistent session may take when its opening does not say.
const defaultBudget = 30 * 24 * time.Hour
