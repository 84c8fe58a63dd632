package machine

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine/own"
)

// Divergence is the first place where a replay is not its recording. It is the cause inside the aura.Error
// that [Recording.Replay] returns.
type Divergence struct {
	// The place: What says "event" or "effect", and Index counts them from 0; or What says "recording", when it was
	// changed where no comparison shows it.
	What  string
	Index int
	// Recorded and Replayed describe both sides; one of them may be "nothing".
	Recorded, Replayed string
}

func (d *Divergence) Error() string {
	return fmt.Sprintf("%s %d: recorded %s, replayed %s", d.What, d.Index, d.Recorded, d.Replayed)
}

// Replay runs the recording again: the same images on a new machine, which gets every answer and every call
// in its recorded round. It returns nil if every event and every effect is the same, and otherwise
// aura.Corrupt with a [*Divergence].
func (r *Recording) Replay() error {
	const op = "machine.Replay"
	p := &player{rec: r}
	o := r.Options
	o.Trace, o.Log = NewTrace(0), NewLog(0)
	// Keys and signatures do not show in a trace, so a replay needs none of the secrets of its original.
	o.Key, o.Signer = [32]byte{1}, replaySigner{}
	p.m = New(p, o)
	p.play()
	d := p.compare()
	if d == nil && sha256.Sum256(r.Encode()) != r.seal {
		d = &Divergence{What: "recording", Recorded: "as it was made", Replayed: "with other content"}
	}
	if d != nil {
		return &aura.Error{Op: op, Kind: aura.Corrupt, Err: d}
	}
	return nil
}

// player is the host of a replay: a cursor over the recorded effects.
type player struct {
	rec   *Recording
	m     *Machine
	at    int
	edges int // of the sessions that live
	wrong *Divergence
}

// maxReplayEdges bounds the memory that a recording can ask for: the edges of the sessions that live.
const maxReplayEdges = 1 << 21

// play applies every call in its round and steps in between. Errors of calls are not looked at: what they
// change or fail to change shows in the comparison.
func (p *player) play() {
	for p.at < len(p.rec.Effects) && p.wrong == nil {
		e := &p.rec.Effects[p.at]
		switch {
		case e.Tick > p.m.tick && p.m.tick < p.rec.Ticks:
			p.m.Step()
		case e.Tick != p.m.tick || e.Kind.host():
			p.diverge(e.Kind.String()+" in round "+fmt.Sprint(e.Tick), "none in round "+fmt.Sprint(p.m.tick))
		default:
			p.at++
			p.apply(e)
		}
	}
	for p.m.tick < p.rec.Ticks && p.wrong == nil {
		p.m.Step()
	}
}

func (p *player) diverge(recorded, replayed string) {
	if p.wrong == nil {
		p.wrong = &Divergence{What: "effect", Index: p.at, Recorded: recorded, Replayed: replayed}
	}
}

// answer takes the next effect, which must be the answer to the question that is asked now.
func (p *player) answer(kind EffectKind, s SessionID, role RoleID) *Effect {
	asked := fmt.Sprintf("%s of session %d role %d", kind, s, role)
	if p.at >= len(p.rec.Effects) {
		p.diverge("nothing", asked)
		return &Effect{Answer: AnswerNondeterministic}
	}
	e := &p.rec.Effects[p.at]
	if e.Kind != kind || e.Session != s || e.Role != role {
		p.diverge(fmt.Sprintf("%s of session %d role %d", e.Kind, e.Session, e.Role), asked)
		return &Effect{Answer: AnswerNondeterministic}
	}
	p.at++
	return e
}

// Choose implements Host.
func (p *player) Choose(o Offer) (int, Answer) {
	e := p.answer(EffectChoose, o.Session, o.Role)
	return int(e.Number), e.Answer
}

// Payload implements Host.
func (p *player) Payload(m Message) (Value, Answer) {
	e := p.answer(EffectPayload, m.Session, m.Role)
	return e.Value, e.Answer
}

// Receive implements Host.
func (p *player) Receive(m Message, v Value) Answer {
	return p.answer(EffectReceive, m.Session, m.Role).Answer
}

// capability returns the one with which a call was made: that of the fragment of its role, or that of the generation which
// the effect names.
func (p *player) capability(e *Effect) own.Capability {
	s := p.m.sessions[e.Session]
	if s == nil {
		return own.Capability{}
	}
	generation := e.Number
	switch r := s.owners.Find(s.image.Fragment(e.Role)); {
	case e.Kind == EffectAttenuate || e.Kind == EffectBeginTransfer:
		generation >>= 2
	case r != nil:
		generation = r.Generation()
	}
	c, _ := s.owners.Capability(generation)
	return c
}

// apply repeats one call.
func (p *player) apply(e *Effect) {
	m, c := p.m, p.capability(e)
	site := func(i int) choreo.Role {
		if i < len(e.Names) {
			return choreo.Role(e.Names[i])
		}
		return ""
	}
	switch e.Kind {
	case EffectOpen:
		if p.edges += e.Image.Edges(); p.edges > maxReplayEdges {
			p.diverge("a session", "no room for it")
			return
		}
		m.Open(e.Image, *e.Opening)
	case EffectImport, EffectReopen:
		if p.edges += e.Image.Edges(); p.edges > maxReplayEdges {
			p.diverge("a session", "no room for it")
			return
		}
		if e.Kind == EffectReopen {
			m.Reopen(e.Image, e.Opening.Admission, e.Value.Bytes(), own.Owner(e.Text))
			return
		}
		m.Import(e.Image, e.Opening.Admission, e.Value.Bytes())
	case EffectWave:
		m.Plan(int(e.Number))
	case EffectCommit:
		for i := 0; i < m.wave.n && e.Number == 1; i++ {
			m.Prepare(i)
		}
		m.Commit()
	case EffectInject:
		m.Inject(c, Parcel{From: e.Peer, To: e.Role, Label: e.Label, Seq: e.Number, Value: e.Value, Signature: e.Signature})
	case EffectTake:
		m.Take(c)
	case EffectWake:
		m.Wake(c, e.Role)
	case EffectPause:
		m.Pause(c, e.Role)
	case EffectResume:
		m.Resume(c, e.Role)
	case EffectPriority:
		m.SetPriority(c, e.Role, uint8(e.Number))
	case EffectAcquire:
		m.Acquire(c, e.Role, e.Text)
	case EffectYield:
		m.Yield(c, e.Role, e.Number)
	case EffectTag:
		m.Tag(c, e.Role, e.Text)
	case EffectCheck:
		m.Check(c, e.Role, e.Peer, e.Text)
	case EffectCrash:
		m.Crash(site(0))
	case EffectPartition:
		m.Partition(site(0), site(1))
	case EffectHeal:
		m.Heal(site(0), site(1))
	case EffectCorrupt:
		m.Corrupt(site(0), site(1), Corruption(e.Number))
	case EffectTimeout:
		m.Timeout(site(0), aura.Duration(e.Number))
	default:
		p.applyOwner(e, c)
	}
}

// applyOwner repeats a call that concerns the life or the owner of a session.
func (p *player) applyOwner(e *Effect, c own.Capability) {
	m := p.m
	var owners own.Owners
	if s := m.sessions[e.Session]; s != nil {
		owners = s.owners
	}
	receipt, _ := owners.Pending(e.Number)
	authority, _ := owners.Claimable(e.Number)
	scope := own.Fragments(e.Names...)
	if e.Number&1 != 0 {
		scope = own.Whole()
	}
	switch e.Kind {
	case EffectClose:
		m.Close(c)
	case EffectCancel:
		m.Cancel(c)
	case EffectAbort:
		m.Abort(c)
	case EffectOwnerDied:
		m.OwnerDied(own.Owner(e.Text))
	case EffectReap:
		m.Reap(nil)
		p.edges = 0
		for _, s := range m.order {
			p.edges += s.image.Edges()
		}
	case EffectClaim:
		m.Claim(authority, own.Owner(e.Text))
	case EffectRelease:
		m.Release(c)
	case EffectAttenuate:
		m.Attenuate(c, scope)
	case EffectBeginTransfer:
		m.BeginTransfer(c, own.Owner(e.Text), scope, e.Number&2 != 0)
	case EffectCommitTransfer:
		m.CommitTransfer(receipt)
	case EffectDepart:
		m.Depart(receipt)
	case EffectRollbackTransfer:
		m.RollbackTransfer(receipt)
	}
}

// compare finds the first difference: events first, because they tell more; then effects.
func (p *player) compare() *Divergence {
	recorded, replayed := p.rec.Events, p.m.trace.events
	for i := range max(len(recorded), len(replayed)) {
		switch {
		case i >= len(recorded):
			return &Divergence{"event", i, "nothing", p.describe(replayed[i])}
		case i >= len(replayed):
			return &Divergence{"event", i, p.describe(recorded[i]), "nothing"}
		case recorded[i] != replayed[i]:
			return &Divergence{"event", i, p.describe(recorded[i]), p.describe(replayed[i])}
		}
	}
	if p.wrong != nil {
		return p.wrong
	}
	mine := p.m.log.effects
	for i := range max(len(mine), len(p.rec.Effects)) {
		switch {
		case i >= len(mine):
			return &Divergence{"effect", i, p.rec.Effects[i].Kind.String(), "nothing"}
		case i >= len(p.rec.Effects):
			return &Divergence{"effect", i, "nothing", mine[i].Kind.String()}
		case !mine[i].equal(p.rec.Effects[i]):
			return &Divergence{"effect", i, p.rec.Effects[i].Kind.String(), mine[i].Kind.String() + " of other content"}
		}
	}
	return nil
}

// describe writes an event with the names of the image of its session.
func (p *player) describe(e Event) string {
	for _, f := range p.rec.Effects {
		if f.Kind.takesIn() && f.Session == e.Session {
			return fmt.Sprintf("%q (seq %d, sum %x)", e.Describe(f.Image), e.Seq, e.Sum)
		}
	}
	return fmt.Sprintf("%q (seq %d, sum %x)", e.Describe(nil), e.Seq, e.Sum)
}

// replaySigner stands in for signers that a replay does not have. Its signatures are not verified.
type replaySigner struct{}

func (replaySigner) Sign(role choreo.Role, message []byte) [ed25519.SignatureSize]byte {
	sum := sha256.Sum256(append([]byte(role), message...))
	return [ed25519.SignatureSize]byte(append(sum[:], sum[:]...))
}
