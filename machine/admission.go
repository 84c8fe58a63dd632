package machine

// Admission is the decision about one image of a protocol before it runs. It cannot change afterwards, and
// [Machine.Open] honours it for this image, this protocol and this posture alone.
// [Admit] makes one from a manifest, [AdmitTrusted] one for tools and tests. The zero Admission admits
// nothing.
type Admission struct {
	granted     bool
	image       [32]byte
	protocol    string
	hardening   Hardening
	policy      string
	class       Class
	requested   Profile
	profile     Profile
	reason      FallbackReason
	evidence    []string
	integrity   Integrity
	replay      ReplayMode
	determinism Determinism
	tier        Tier
	scheduler   Scheduler // 0: any
	width       int
}

// AdmitTrusted admits an image that the caller vouches for: in waves of at most width (1 is canonical)
// on any scheduler, with the given integrity and replay mode, for a machine in the posture of production. Its
// protocol id is the name of the image.
func AdmitTrusted(image *Image, integrity Integrity, replay ReplayMode, width int) Admission {
	a := Admission{
		granted: integrity >= IntegrityBare && integrity <= IntegritySigned && replay <= ReplayNullifier, policy: "trusted",
		image: image.digest, protocol: image.name,
		requested: ProfileCanonical, profile: ProfileCanonical, integrity: integrity, replay: replay,
		determinism: DeterminismFull, tier: TierStrict, width: max(1, width),
	}
	if width > 1 {
		a.requested, a.profile, a.determinism, a.tier = ProfileAdmitted, ProfileAdmitted, DeterminismModuloCommutativity, TierReplayDeterministic
		a.evidence = []string{"trusted:" + hexOf(image.digest[:8])}
	}
	return a
}

// Granted reports whether the protocol may run.
func (a Admission) Granted() bool { return a.granted }

// Image is the digest of the image that was admitted.
func (a Admission) Image() [32]byte { return a.image }

// Protocol is the id of the protocol that was admitted.
func (a Admission) Protocol() string { return a.protocol }

// Hardening is the posture for which it was admitted.
func (a Admission) Hardening() Hardening { return a.hardening }

// Policy is the reference of the execution policy that was applied.
func (a Admission) Policy() string { return a.policy }

// Requested is the concurrency profile that was asked for, Profile the one that was given, and Reason why
// it is less; FallbackNone if it is not.
func (a Admission) Requested() Profile { return a.requested }

// Profile is the concurrency profile that was given.
func (a Admission) Profile() Profile { return a.profile }

// Reason is why execution fell back to canonical.
func (a Admission) Reason() FallbackReason { return a.reason }

// Evidence names the evidence that admitted the profile. The caller must not change it.
func (a Admission) Evidence() []string { return a.evidence }

// Integrity is how values are protected.
func (a Admission) Integrity() Integrity { return a.integrity }

// Replay is which messages count as seen before.
func (a Admission) Replay() ReplayMode { return a.replay }

// Scheduler is the one that the machine must have; 0 is any.
func (a Admission) Scheduler() Scheduler { return a.scheduler }

// Width is the most picks that a wave with this session may have.
func (a Admission) Width() int { return a.width }
