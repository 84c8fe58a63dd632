package fact

import "github.com/aura-runtime/aura"

// DeliveryPolicy says, per domain, whether deliveries are acknowledged and how long the record of an
// acknowledgement is kept. The maintenance service asks; the domain decides.
type DeliveryPolicy interface {
	// MinRetention is the age before which nothing is collected.
	MinRetention() aura.Duration
	// MaxRetention is the age after which the record may go whether it was acknowledged or not.
	MaxRetention() aura.Duration
	// RequiresAck reports whether deliveries of the kind are tracked.
	RequiresAck(kind string) bool
	// CanCollect reports whether the record of a delivery of the given age may be collected.
	CanCollect(age aura.Duration, acked bool) bool
}

// Retention is the usual policy: tracked kinds, kept between Min and Max.
type Retention struct {
	Min, Max aura.Duration
	Tracked  []string // kinds or patterns, see [MatchKind]
}

// MinRetention implements [DeliveryPolicy].
func (p Retention) MinRetention() aura.Duration { return p.Min }

// MaxRetention implements [DeliveryPolicy].
func (p Retention) MaxRetention() aura.Duration { return p.Max }

// RequiresAck implements [DeliveryPolicy].
func (p Retention) RequiresAck(kind string) bool { return matchAny(p.Tracked, kind) }

// CanCollect implements [DeliveryPolicy]: never before Min, from Min on when acknowledged, from Max on
// in any case.
func (p Retention) CanCollect(age aura.Duration, acked bool) bool {
	return age >= p.Max || acked && age >= p.Min
}

// Untracked is the policy of domains that have none: nothing is acknowledged and nothing collected.
type Untracked struct{}

// MinRetention implements [DeliveryPolicy].
func (Untracked) MinRetention() aura.Duration { return 0 }

// MaxRetention implements [DeliveryPolicy].
func (Untracked) MaxRetention() aura.Duration { return 0 }

// RequiresAck implements [DeliveryPolicy].
func (Untracked) RequiresAck(string) bool { return false }

// CanCollect implements [DeliveryPolicy].
func (Untracked) CanCollect(aura.Duration, bool) bool { return false }
