package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// Lead plays the part of the device that leads a sync, over a port of the test.
func (s *Siblings) Lead(tc task.Context, p machine.Port[task.Context], with aura.DeviceID) (agreed bool, err error) {
	return s.lead(tc, p, with)
}

// Follow plays the part of the device that answers, over a port of the test.
func (s *Siblings) Follow(tc task.Context, p machine.Port[task.Context], with aura.DeviceID) error {
	return s.follow(tc, p, with)
}
