package machine

import (
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// EnvelopeSchema names the form of an [Envelope].
const EnvelopeSchema = "protocol_machine.envelope_diff.v1"

// Spread says how far a run may be from its reference, in one respect. The numbers are append-only and a
// greater one allows more.
type Spread uint8

// The spreads. The middle one means, for schedules, that the story of every session is the same; for
// effects, that they differ in order only in so far as the schedules do.
const (
	SpreadExact    Spread = 1
	SpreadReorders Spread = 2
	SpreadBounded  Spread = 3
)

func (s Spread) String() string {
	return named([]string{SpreadExact: "exact", SpreadReorders: "session_normalized", SpreadBounded: "envelope_bounded"}, uint8(s))
}

// Envelope is the evidence that a wide execution of a protocol stays near the canonical one: a measured
// difference of two runs, and the width that it was measured for.
type Envelope struct {
	Schema string
	// Image is the digest of the image that both runs had sessions of; zero, which admits nothing, if there was more
	// than one.
	Image               [32]byte
	Baseline, Candidate string // the engines
	Schedule            Spread
	Effects             Spread
	// Failures is SpreadExact if the same sessions failed in the same way, else SpreadBounded.
	Failures Spread
	// BaselineWidth and CandidateWidth are the widest waves of the runs, DeclaredWidth the bound that is
	// claimed.
	BaselineWidth, CandidateWidth, DeclaredWidth int
	Tier                                         Tier
	// BaselineDigest and CandidateDigest are those of the normalised traces.
	BaselineDigest, CandidateDigest [32]byte
}

// Diff measures how far a candidate run is from a canonical one.
func Diff(baseline, candidate Run, declaredWidth int, tier Tier) Envelope {
	d := Envelope{
		Schema: EnvelopeSchema, Image: onlyImage(baseline, candidate), Baseline: "canonical", Candidate: "wave", DeclaredWidth: declaredWidth, Tier: tier,
		BaselineWidth: width(baseline), CandidateWidth: width(candidate),
		BaselineDigest: digestOf(baseline.Events), CandidateDigest: digestOf(candidate.Events),
		Schedule: SpreadBounded, Effects: SpreadBounded, Failures: SpreadBounded,
	}
	switch {
	case slices.Equal(baseline.Events, candidate.Events):
		d.Schedule = SpreadExact
	case sameStories(baseline.Events, candidate.Events):
		d.Schedule = SpreadReorders
	}
	switch {
	case slices.EqualFunc(answers(baseline), answers(candidate), Effect.equal):
		d.Effects = SpreadExact
	case d.Schedule < SpreadBounded:
		d.Effects = SpreadReorders
	}
	if slices.Equal(failures(baseline.Events), failures(candidate.Events)) {
		d.Failures = SpreadExact
	}
	return d
}

// Within checks an envelope against the bounds of a policy, in a fixed order: schema, width, schedule, order
// of effects (by tier), failures, tier. It returns FallbackNone, or why the envelope does not admit.
func (d Envelope) Within(p Policy) FallbackReason {
	effects := map[Tier]Spread{TierStrict: SpreadExact, TierReplayDeterministic: SpreadReorders, TierEnvelopeBounded: SpreadBounded}[p.Tier]
	switch {
	case d.Schema != EnvelopeSchema || d.Schedule == 0 || d.Effects == 0 || d.Failures == 0:
		return FallbackEnvelopeMismatch
	case d.CandidateWidth > d.DeclaredWidth || p.Width > d.DeclaredWidth:
		return FallbackEnvelopeTooWide
	case d.Schedule > p.Schedule, d.Effects > effects:
		return FallbackEnvelopeMismatch
	case d.Failures != SpreadExact && p.Schedule != SpreadBounded:
		return FallbackEnvelopeMismatch
	case d.Tier != p.Tier:
		return FallbackEnvelopeMismatch
	}
	return FallbackNone
}

// Digest binds the envelope: the SHA-256 of all its fields.
func (d Envelope) Digest() [32]byte {
	var w wire.Writer
	for _, s := range []string{d.Schema, d.Baseline, d.Candidate} {
		w.String(s)
	}
	for _, n := range []int{int(d.Schedule), int(d.Effects), int(d.Failures), d.BaselineWidth, d.CandidateWidth, d.DeclaredWidth, int(d.Tier)} {
		w.Uint(uint64(n))
	}
	w.Fixed(d.Image[:])
	w.Fixed(d.BaselineDigest[:])
	w.Fixed(d.CandidateDigest[:])
	return sha256.Sum256(w.Buf)
}

// Parity checks that two runtimes may count as one: schedules the same by session, effects the same but for
// order, failures the same. It returns aura.Denied otherwise.
func (d Envelope) Parity() error {
	if d.Schedule > SpreadReorders || d.Effects > SpreadReorders || d.Failures != SpreadExact || d.Tier == TierEnvelopeBounded {
		return aura.Errorf("machine.Parity", aura.Denied, "the runs differ: schedule %s, effects %s, failures %s", d.Schedule, d.Effects, d.Failures)
	}
	return nil
}

// onlyImage is the digest of the one image that all sessions of both runs have, zero if there are several or none.
func onlyImage(runs ...Run) (digest [32]byte) {
	for _, r := range runs {
		for _, e := range r.Effects {
			switch {
			case e.Image == nil:
			case digest == [32]byte{}:
				digest = e.Image.digest
			case digest != e.Image.digest:
				return [32]byte{}
			}
		}
	}
	return digest
}

// width is the widest wave of a run.
func width(r Run) int {
	most := 1
	for _, e := range r.Effects {
		if e.Kind == EffectWave {
			most = max(most, int(e.Number))
		}
	}
	return most
}

// answers are the effects of a run that the host gave, without when.
func answers(r Run) []Effect {
	var out []Effect
	for _, e := range r.Effects {
		if e.Kind.host() {
			e.Tick = 0
			out = append(out, e)
		}
	}
	return out
}

func sameStories(a, b []Event) bool {
	return maps.EqualFunc(Stories(a), Stories(b), func(x, y []Event) bool { return slices.Equal(x, y) })
}

// failures are the events by which sessions failed, without when, by session.
func failures(events []Event) []Event {
	var out []Event
	for _, e := range events {
		if e.Kind == EventFaulted || e.Kind == EventTimeoutIssued {
			e.Tick = 0
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Event) int {
		switch {
		case a.Session < b.Session:
			return -1
		case a.Session > b.Session:
			return 1
		}
		return 0
	})
	return out
}

func digestOf(events []Event) [32]byte {
	var w wire.Writer
	for _, e := range Canonicalize(events) {
		writeEvent(&w, e)
	}
	return sha256.Sum256(w.Buf)
}
