package session

import (
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of steps of the protocols in package protocols, by protocol.
const (
	// sessioncoordination: to invite to a session, to answer and to say how the own part ended, to begin and to end it for all.
	CapInvite = "session:invite"
	CapAnswer = "session:answer"
	CapCreate = "session:create"
	// journalsync: to say how far a journal is, and to hand over what the other lacks.
	CapFrontier = "sync:frontier"
	CapPush     = "sync:push"
	// guardianceremony: to propose guardians, to answer, to hand out shares, to make the new generation count.
	CapGuardianPropose = "recovery:guardian:propose"
	CapGuardianAnswer  = "recovery:guardian:answer"
	CapGuardianShare   = "recovery:guardian:share"
	CapGuardianCommit  = "recovery:guardian:commit"
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

// Module returns the domain. The owner may take the steps of sessioncoordination, by which sessions begin and end, and those of journalsync; the
// other capabilities wait for who plays their protocols.
func Module() domain.Module {
	m := domain.Module{
		Name: "session", Questions: []domain.Question{{Kind: QuestionList}, {Kind: QuestionShow}, {Kind: QuestionTrace}, {Kind: QuestionReplay}, {Kind: QuestionEnded}},
		Kinds: []fact.Kind{
			{Name: KindCreated, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "protocol", Key: 2}}, Check: checkCreated},
			{Name: KindFailed, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "protocol", Key: 2}}, Check: checkFailed},
		},
		Capabilities: domain.OwnerCapabilities(CapInvite, CapAnswer, CapCreate, CapFrontier, CapPush),
	}
	for _, name := range []string{
		CapGuardianPropose, CapGuardianAnswer, CapGuardianShare, CapGuardianCommit, CapPathEstablish, CapPathRelay,
		CapHoldDeposit, CapHoldKeep, CapHoldRetrieve, CapHoldAudit, guard.CapCarry, CapMoveReceipt,
	} {
		m.Capabilities = append(m.Capabilities, domain.Capability{Name: name})
	}
	return m
}
