package machine

// Class groups protocols that are run alike. The numbers are append-only.
type Class uint8

// The classes.
const (
	ClassConsensusFallback Class = 1
	ClassConsensusFastPath Class = 2
	ClassDkgCeremony       Class = 3
	ClassRecoveryGrant     Class = 4
	ClassSyncAntiEntropy   Class = 5
)

func (c Class) String() string {
	return named([]string{ClassConsensusFallback: "consensus_fallback", ClassConsensusFastPath: "consensus_fast_path",
		ClassDkgCeremony: "dkg_ceremony", ClassRecoveryGrant: "recovery_grant", ClassSyncAntiEntropy: "sync_anti_entropy"}, uint8(c))
}

// heavy classes prefer roles that can make progress.
func (c Class) heavy() bool {
	return c == ClassConsensusFallback || c == ClassSyncAntiEntropy || c == ClassDkgCeremony
}
