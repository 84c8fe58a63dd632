package machine

// Class groups protocols that are run alike. The numbers are append-only.
type Class uint8

// The classes.
const (
	ConsensusFallback Class = 1
	ConsensusFastPath Class = 2
	DkgCeremony       Class = 3
	RecoveryGrant     Class = 4
	SyncAntiEntropy   Class = 5
)

func (c Class) String() string {
	return named([]string{ConsensusFallback: "consensus_fallback", ConsensusFastPath: "consensus_fast_path",
		DkgCeremony: "dkg_ceremony", RecoveryGrant: "recovery_grant", SyncAntiEntropy: "sync_anti_entropy"}, uint8(c))
}

// heavy classes prefer roles that can make progress.
func (c Class) heavy() bool {
	return c == ConsensusFallback || c == SyncAntiEntropy || c == DkgCeremony
}
