package machine

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// EffectKind is the kind of an input from outside the machine. The numbers are append-only: below 16 answers of
// the host, from 16 on calls.
type EffectKind uint8

// The effects.
const (
	EffectChoose  EffectKind = 1 // Number is the branch
	EffectPayload EffectKind = 2
	EffectReceive EffectKind = 3 // Number tells the value apart

	EffectOpen             EffectKind = 16
	EffectWave             EffectKind = 17 // Number is the width asked for
	EffectInject           EffectKind = 18
	EffectTake             EffectKind = 19
	EffectWake             EffectKind = 20
	EffectPause            EffectKind = 21
	EffectResume           EffectKind = 22
	EffectPriority         EffectKind = 23
	EffectClose            EffectKind = 24
	EffectCancel           EffectKind = 25
	EffectAbort            EffectKind = 26
	EffectOwnerDied        EffectKind = 27
	EffectReap             EffectKind = 28
	EffectClaim            EffectKind = 29
	EffectRelease          EffectKind = 30
	EffectAttenuate        EffectKind = 31
	EffectBeginTransfer    EffectKind = 32
	EffectCommitTransfer   EffectKind = 33
	EffectRollbackTransfer EffectKind = 34
	EffectAcquire          EffectKind = 35
	EffectYield            EffectKind = 36
	EffectTag              EffectKind = 37
	EffectCheck            EffectKind = 38
	EffectCrash            EffectKind = 39
	EffectPartition        EffectKind = 40
	EffectHeal             EffectKind = 41
	EffectCorrupt          EffectKind = 42
	EffectTimeout          EffectKind = 43
	EffectCommit           EffectKind = 44 // Number is 1 if every pick was prepared
	EffectImport           EffectKind = 45 // Value is the state, Opening has the admission
	EffectDepart           EffectKind = 46
	EffectReopen           EffectKind = 47 // as EffectImport, Text is the owner
)

const lastEffect = EffectReopen

// takesIn reports whether a session begins with the effect, which has an Opening and an Image then.
func (k EffectKind) takesIn() bool { return k == EffectOpen || k == EffectImport || k == EffectReopen }

func (k EffectKind) String() string {
	names := [...]string{
		EffectChoose: "choose", EffectPayload: "payload", EffectReceive: "receive", EffectOpen: "open", EffectWave: "wave",
		EffectInject: "inject", EffectTake: "take", EffectWake: "wake", EffectPause: "pause", EffectResume: "resume",
		EffectPriority: "priority", EffectClose: "close", EffectCancel: "cancel", EffectAbort: "abort",
		EffectOwnerDied: "owner died", EffectReap: "reap", EffectClaim: "claim", EffectRelease: "release",
		EffectAttenuate: "attenuate", EffectBeginTransfer: "begin transfer", EffectCommitTransfer: "commit transfer",
		EffectRollbackTransfer: "roll back transfer", EffectAcquire: "acquire", EffectYield: "yield", EffectTag: "tag",
		EffectCheck: "check", EffectCrash: "crash", EffectPartition: "partition", EffectHeal: "heal",
		EffectCorrupt: "corrupt", EffectTimeout: "timeout", EffectCommit: "commit", EffectImport: "import", EffectDepart: "depart",
		EffectReopen: "reopen",
	}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return "effect " + strconv.Itoa(int(k))
}

// host reports whether the effect is an answer of the host, not a call.
func (k EffectKind) host() bool { return k < EffectOpen }

// Effect is one input from outside. A replay needs all of them, in their order.
type Effect struct {
	Kind       EffectKind
	Tick       uint64 // the number of rounds begun before it
	Session    SessionID
	Role, Peer RoleID
	Label      LabelID
	Answer     Answer
	Number     uint64
	Value      Value
	Text       string
	Names      []string
	Signature  []byte
	Opening    *Opening // EffectOpen, EffectImport, EffectReopen
	Image      *Image   // the same

	spare *Opening // of an effect that was here before, for its memory
}

// Log keeps the effects of one machine in memory that the caller provides. A log that is full forgets its
// oldest effects, and the rest cannot be replayed; see [Log.Complete].
type Log struct {
	effects []Effect
	next    int
	limit   int
	lost    uint64
}

// NewLog returns a log that keeps the last capacity effects and, once it has held that many, allocates only
// for payloads larger than those before; with capacity 0 it keeps all of them and grows.
func NewLog(capacity int) *Log { return &Log{effects: make([]Effect, 0, capacity), limit: capacity} }

// Len returns the number of effects kept.
func (l *Log) Len() int { return len(l.effects) }

// Complete reports whether nothing was forgotten.
func (l *Log) Complete() bool { return l.lost == 0 }

// Effects returns a copy of the effects kept, oldest first.
func (l *Log) Effects() []Effect {
	out := make([]Effect, 0, len(l.effects))
	out = append(append(out, l.effects[l.next:]...), l.effects[:l.next]...)
	for i := range out {
		out[i].Value.data = slices.Clone(out[i].Value.data)
		out[i].Signature = slices.Clone(out[i].Signature)
		if o := out[i].Opening; o != nil {
			c := *o
			c.Roles = slices.Clone(o.Roles)
			out[i].Opening = &c
		}
		out[i].spare = nil
	}
	return out
}

// add returns the place for a new effect, empty but for the memory of its buffers. A nil log has none.
func (l *Log) add(kind EffectKind, tick uint64, s SessionID) *Effect {
	if l == nil {
		return nil
	}
	var e *Effect
	switch {
	case l.limit > 0 && len(l.effects) == l.limit:
		e = &l.effects[l.next]
		if l.next++; l.next == l.limit {
			l.next = 0
		}
		l.lost++
	case len(l.effects) < cap(l.effects):
		l.effects = l.effects[:len(l.effects)+1] // with the buffers that a cleared log left
		e = &l.effects[len(l.effects)-1]
	default:
		l.effects = append(l.effects, Effect{})
		e = &l.effects[len(l.effects)-1]
	}
	spare := e.spare
	if e.Opening != nil {
		spare = e.Opening
	}
	*e = Effect{
		spare: spare, Kind: kind, Tick: tick, Session: s, Role: NoRole, Peer: NoRole, Label: NoLabel,
		Value: Value{data: e.Value.data[:0]}, Signature: e.Signature[:0],
	}
	return e
}

func (l *Log) answered(tick uint64, s SessionID, role RoleID, kind EffectKind, a Answer, n uint64, v Value) {
	if e := l.add(kind, tick, s); e != nil {
		e.Role, e.Answer, e.Number = role, a, n
		e.Value.copyOf(v)
	}
}

func (l *Log) wave(tick uint64, kind EffectKind, n int) {
	if e := l.add(kind, tick, NoSession); e != nil {
		e.Number = uint64(n)
	}
}

// command records a call of an owner. Number says which of the session's capabilities, claims or receipts it was made
// with: the generation, or the ID of the receipt.
func (l *Log) command(tick uint64, kind EffectKind, s SessionID, owner own.Owner, number uint64) {
	if e := l.add(kind, tick, s); e != nil {
		e.Text, e.Number = string(owner), number
	}
}

func (l *Log) role(tick uint64, kind EffectKind, s SessionID, role RoleID, n uint64) {
	if e := l.add(kind, tick, s); e != nil {
		e.Role, e.Number = role, n
	}
}

func (l *Log) text(tick uint64, kind EffectKind, s SessionID, role RoleID, text string) {
	if e := l.add(kind, tick, s); e != nil {
		e.Role, e.Text = role, text
	}
}

func (l *Log) check(tick uint64, s SessionID, role, target RoleID, fact string) {
	if e := l.add(EffectCheck, tick, s); e != nil {
		e.Role, e.Peer, e.Text = role, target, fact
	}
}

func (l *Log) sites(tick uint64, kind EffectKind, a, b choreo.Role, n uint64) {
	if e := l.add(kind, tick, NoSession); e != nil {
		e.Names, e.Number = []string{string(a), string(b)}, n
	}
}

// scoped records an operation on an owner with a scope. Number has bit 0 for the whole session, bit 1 for
// an attenuation, and the generation of the capability above them.
func (l *Log) scoped(tick uint64, kind EffectKind, s SessionID, owner own.Owner, generation uint64, scope own.Scope, attenuate bool) {
	e := l.add(kind, tick, s)
	if e == nil {
		return
	}
	e.Text, e.Names, e.Number = string(owner), slices.Clone(scope.Names()), generation<<2
	if scope.IsWhole() {
		e.Number |= 1
	}
	if attenuate {
		e.Number |= 2
	}
}

func (l *Log) injected(tick uint64, s SessionID, in Parcel) {
	if e := l.add(EffectInject, tick, s); e != nil {
		e.Role, e.Peer, e.Label, e.Number = in.To, in.From, in.Label, in.Seq
		e.Value.copyOf(in.Value)
		e.Signature = append(e.Signature, in.Signature...)
	}
}

func (l *Log) imported(tick uint64, kind EffectKind, s *session, state []byte, owner own.Owner) {
	e := l.add(kind, tick, s.id)
	if e == nil {
		return
	}
	e.Image, e.Opening, e.spare, e.Text = s.image, &Opening{Admission: s.admission}, nil, string(owner)
	e.Value.copyOf(Bytes(state))
}

func (l *Log) opened(tick uint64, s *session, o *Opening, roles []RoleID) {
	e := l.add(EffectOpen, tick, s.id)
	if e == nil {
		return
	}
	if e.spare == nil {
		e.spare = &Opening{Roles: make([]choreo.Role, 0, len(roles))}
	}
	e.Image, e.Opening, e.spare = s.image, e.spare, nil
	*e.Opening = Opening{
		Owner: o.Owner, Admission: o.Admission, Protocol: o.Protocol, Name: o.Name, Priority: o.Priority, Budget: o.Budget,
		Authorities: slices.Clone(o.Authorities), Roles: e.Opening.Roles[:0],
	}
	for _, r := range roles {
		e.Opening.Roles = append(e.Opening.Roles, s.image.roles[r])
	}
}
