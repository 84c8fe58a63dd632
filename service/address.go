package service

import (
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// CheckedAddresses hosts [contact.IntentAddress]: only a transport knows which addresses can be dialled.
func CheckedAddresses() Hosts {
	return Hosts{contact.IntentAddress: func(planned IntentFunc) IntentFunc {
		return func(tc task.Context, in fact.Intent) (fact.Result, error) {
			var p contact.AddressIntent
			if err := fact.Unmarshal(in.Payload, &p); err != nil {
				return fact.Result{}, err
			}
			for _, a := range p.Addresses {
				if err := transport.CheckAddress(transport.Address(a)); err != nil {
					return fact.Result{}, err
				}
			}
			return planned(tc, in)
		}
	}}
}
