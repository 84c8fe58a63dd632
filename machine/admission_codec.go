package machine

import (
	"github.com/aura-runtime/aura/machine/internal/wire"
)

const admissionMagic = "aura.machine.admission.v1\n"

// Encode returns the admission as bytes for [ParseAdmission], to be stored with its session.
func (a Admission) Encode() []byte {
	w := wire.Writer{Buf: []byte(admissionMagic)}
	writeAdmission(&w, a)
	w.Check(0)
	return w.Buf
}

// ParseAdmission reads what [Admission.Encode] wrote. It returns aura.Corrupt for anything else.
func ParseAdmission(b []byte) (Admission, error) {
	r := wire.NewReader("machine.ParseAdmission", b)
	magic := make([]byte, len(admissionMagic))
	r.Fixed(magic)
	if r.Err() == nil && string(magic) != admissionMagic {
		r.Fail("this is no admission, or one of another version")
	}
	a := readAdmission(r)
	r.Check(0, "the admission")
	if err := r.End(); err != nil {
		return Admission{}, err
	}
	return a, nil
}

func writeAdmission(w *wire.Writer, a Admission) {
	w.Bool(a.granted)
	w.Fixed(a.image[:])
	w.String(a.protocol)
	w.String(a.policy)
	for _, n := range []uint8{uint8(a.class), uint8(a.requested), uint8(a.profile), uint8(a.reason), uint8(a.integrity),
		uint8(a.replay), uint8(a.determinism), uint8(a.tier), uint8(a.scheduler), uint8(a.hardening)} {
		w.Byte(n)
	}
	w.Uint(uint64(a.width))
	w.Uint(uint64(len(a.evidence)))
	for _, e := range a.evidence {
		w.String(e)
	}
}

func readAdmission(r *wire.Reader) Admission {
	a := Admission{granted: r.Bool()}
	r.Fixed(a.image[:])
	a.protocol, a.policy = r.String(maxNameBytes, "a protocol"), r.String(maxNameBytes, "a policy")
	a.class, a.requested, a.profile, a.reason = Class(r.Byte()), Profile(r.Byte()), Profile(r.Byte()), FallbackReason(r.Byte())
	a.integrity, a.replay, a.determinism = Integrity(r.Byte()), ReplayMode(r.Byte()), Determinism(r.Byte())
	a.tier, a.scheduler, a.hardening = Tier(r.Byte()), Scheduler(r.Byte()), Hardening(r.Byte())
	a.width = int(r.Max(maxWave, "a width"))
	for range r.Count(maxFragments, 1, "evidence") {
		a.evidence = append(a.evidence, r.String(maxNameBytes, "evidence"))
	}
	if a.integrity < IntegrityBare || a.integrity > IntegritySigned || a.replay > ReplayNullifier || a.width < 1 {
		r.Fail("an impossible admission")
	}
	return a
}
