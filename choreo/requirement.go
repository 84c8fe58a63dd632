package choreo

import "github.com/aura-runtime/aura"

// Requirement is one effect that a sender's annotations lower to.
type Requirement interface{ isRequirement() }

type (
	// RequireCapability demands a capability such as "chat:message:send".
	RequireCapability struct{ Name string }
	// RequireFlow charges flow budget.
	RequireFlow struct{ Cost aura.FlowCost }
	// RequireFacts names the facts that are journalled with the send.
	RequireFacts struct{ Facts string }
	// RequireMerge asks for a journal merge after the send. It is an older form of RequireFacts.
	RequireMerge struct{}
	// RequireAudit writes an audit entry.
	RequireAudit struct{ Entry string }
	// RequireLeakage charges the leakage budget of each observer class, for example "neighbour".
	RequireLeakage struct{ Observers []string }
	// RequireLink places the sender's part in a bundle, which is a fragment of its own.
	RequireLink struct{ Link Link }
)

// Link is the composition boundary written as "bundle=…|exports=a,b|imports=c,d".
type Link struct {
	Bundle           string
	Exports, Imports []string
}

func (RequireCapability) isRequirement() {}
func (RequireFlow) isRequirement()       {}
func (RequireFacts) isRequirement()      {}
func (RequireMerge) isRequirement()      {}
func (RequireAudit) isRequirement()      {}
func (RequireLeakage) isRequirement()    {}
func (RequireLink) isRequirement()       {}
