package session

import (
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of steps of the protocols in package protocols, by protocol.
const (
	// sessioncoordination: to ask for a session, to invite to one, to answer, to begin it for all.
	CapInitiate = "session:initiate"
	CapInvite   = "session:invite"
	CapAnswer   = "session:answer"
	CapCreate   = "session:create"
	// journalsync: to say how far a journal is, and to hand over what the other lacks.
	CapFrontier = "sync:frontier"
	CapPush     = "sync:push"
	// consensus: to ask for an operation, to commit to a nonce, to ask for shares, to sign one, to publish the result.
	CapConsensusInitiate  = "consensus:initiate"
	CapConsensusNonce     = "consensus:witness:nonce"
	CapConsensusAggregate = "consensus:aggregate"
	CapConsensusSign      = "consensus:witness:sign"
	CapConsensusFinalize  = "consensus:finalize"
	// guardianceremony: to propose guardians, to answer, to hand out shares, to make the new generation count.
	CapGuardianPropose = "recovery:guardian:propose"
	CapGuardianAnswer  = "recovery:guardian:answer"
	CapGuardianShare   = "recovery:guardian:share"
	CapGuardianCommit  = "recovery:guardian:commit"
	// runtimeupgrade: to propose a version, to say whether a device could change, to make all change.
	CapUpgradePropose = "upgrade:propose"
	CapUpgradeAnswer  = "upgrade:answer"
	CapUpgradeCommit  = "upgrade:commit"
	// anonymouspath: to ask for a hop, and to be one.
	CapPathEstablish = "path:establish"
	CapPathRelay     = "path:relay"
	// holddeposit, holdretrieval, holdaudit: to leave an object, to keep one, to fetch one, to ask whether it is there.
	CapHoldDeposit  = "hold:deposit"
	CapHoldKeep     = "hold:keep"
	CapHoldRetrieve = "hold:retrieve"
	CapHoldAudit    = "hold:audit"
	// movereceipt: to answer for an envelope. To have one carried takes guard.CapCarry.
	CapMoveReceipt = "move:receipt"
)

// Module returns the domain.
func Module() domain.Module {
	m := domain.Module{Name: "session", Questions: []domain.Question{{Kind: QuestionList}, {Kind: QuestionShow}}}
	for _, name := range []string{
		CapInitiate, CapInvite, CapAnswer, CapCreate, CapFrontier, CapPush, CapConsensusInitiate, CapConsensusNonce,
		CapConsensusAggregate, CapConsensusSign, CapConsensusFinalize, CapGuardianPropose, CapGuardianAnswer, CapGuardianShare,
		CapGuardianCommit, CapUpgradePropose, CapUpgradeAnswer, CapUpgradeCommit, CapPathEstablish, CapPathRelay, CapHoldDeposit,
		CapHoldKeep, CapHoldRetrieve, CapHoldAudit, guard.CapCarry, CapMoveReceipt,
	} {
		m.Capabilities = append(m.Capabilities, domain.Capability{Name: name})
	}
	return m
}
