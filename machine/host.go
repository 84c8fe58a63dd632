package machine

import "github.com/aura-runtime/aura/choreo"

// Host is the machine's environment while it steps: the source of choices and payloads and the sink
// of messages. All calls come from the caller of [Machine.Plan], [Machine.Commit] or [Machine.Step], one at
// a time, in the order of the trace; a host touches queues of its session and returns at once. Network,
// guards and journal run between steps, never in a call.
//
// A host that serves several roles answers for each from the knowledge of that role: roles of one wave are asked
// before the messages of the others arrive.
//
// The machine asks once for each message. An answer that was given is kept until the message is sent, so a
// host may take it from its queue. A host that must wait defers: the role sleeps until [Machine.Wake].
//
// A host whose guard says no answers [AnswerRefused]. That is an outcome for the program of the role and no fault:
// nothing of the step happens, the event says so, and the role sleeps until it is woken and asked anew, from the choice on. The
// program may choose another branch, try again later, or end the session.
type Host interface {
	// Choose picks one of the branches of an internal choice. It is asked only where there are several.
	Choose(Offer) (branch int, answer Answer)
	// Payload supplies the content of a message that is about to be sent.
	Payload(Message) (Value, Answer)
	// Receive takes a message. The value is good until the call returns. After AnswerDefer the message stays in
	// its place until the role is woken, and after AnswerRefused too. A failure ends the session, with the message
	// still there.
	Receive(Message, Value) Answer
}

// Answer is how a host replied. The numbers are append-only.
type Answer uint8

// The answers: done, not yet, lost on purpose, refused, and the kinds of failure, which end the session.
const (
	AnswerDone Answer = 0
	// AnswerDefer: the host has no answer yet; it will wake the role.
	AnswerDefer Answer = 1
	// AnswerDrop: the message is taken for sent and is not delivered. Only Payload may answer it.
	AnswerDrop Answer = 2

	// AnswerRefused: a guard denies it. The session goes on.
	AnswerRefused Answer = 16

	AnswerTimedOut          Answer = 17
	AnswerCancelled         Answer = 18
	AnswerStaleAuthority    Answer = 19
	AnswerInvalidEvidence   Answer = 20
	AnswerUnavailable       Answer = 21
	AnswerInvalidInput      Answer = 22
	AnswerNondeterministic  Answer = 23
	AnswerTopologyDisrupted Answer = 24
	AnswerContractViolation Answer = 25
	AnswerUnknownFailure    Answer = 26
)

var answerNames = [...]string{
	AnswerDone: "success", AnswerDefer: "blocked", AnswerDrop: "dropped", AnswerRefused: "denied", AnswerTimedOut: "timeout",
	AnswerCancelled: "cancelled", AnswerStaleAuthority: "stale_authority", AnswerInvalidEvidence: "invalid_evidence",
	AnswerUnavailable: "unavailable", AnswerInvalidInput: "invalid_input", AnswerNondeterministic: "determinism",
	AnswerTopologyDisrupted: "topology_disruption", AnswerContractViolation: "contract_violation", AnswerUnknownFailure: "unknown",
}

func (a Answer) String() string {
	if int(a) < len(answerNames) && answerNames[a] != "" {
		return answerNames[a]
	}
	return answerNames[AnswerUnknownFailure]
}

// Message is one message of one session as a host sees it, before it is sent or as it is received.
type Message struct {
	Image   *Image
	Session SessionID
	// Role sends or receives, Peer is the other one.
	Role, Peer RoleID
	Label      LabelID
	// Site names the demands of the send's annotations; 0: none. See choreo.Instance.Site.
	Site choreo.SiteID
	// Seq is the message's place on its edge, counted from 0.
	Seq  uint64
	Tick uint64
}

// RoleName and the methods beside it return names for numbers.
func (m Message) RoleName() choreo.Role { return m.Image.RoleName(m.Role) }

// PeerName returns the name of the peer.
func (m Message) PeerName() choreo.Role { return m.Image.RoleName(m.Peer) }

// LabelName returns the name of the message.
func (m Message) LabelName() string { return m.Image.Label(m.Label).Name }

// Offer is an internal choice: the messages that a role may send now, all to one peer.
type Offer struct {
	Image      *Image
	Session    SessionID
	Role, Peer RoleID
	Tick       uint64
	branches   []branch
}

// Len returns the number of branches, at least 2.
func (o Offer) Len() int { return len(o.branches) }

// Label returns the message of a branch.
func (o Offer) Label(i int) choreo.Label { return o.Image.labels[o.branches[i].label] }

// Site names the demands of a branch's annotations and guard; 0: none.
func (o Offer) Site(i int) choreo.SiteID { return o.branches[i].site }

// RoleName returns the name of the role that chooses.
func (o Offer) RoleName() choreo.Role { return o.Image.RoleName(o.Role) }

// Port is one role's place in a running session as generated code sees it: each call returns when its
// message was sent, or has come. C is the caller's context, which bounds the wait.
//
// A call that a guard refused returns aura.Denied. Nothing of it happened: the program may send another message of its
// state, try again later, or end the session.
type Port[C any] interface {
	Send(ctx C, to choreo.Role, label string, payload []byte) error
	Receive(ctx C, from choreo.Role) (label string, payload []byte, err error)
}
