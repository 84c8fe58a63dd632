// Package protocols holds the choreographies that Aura speaks itself: their text, and for each a package of typed
// endpoints that is generated from it.
//
// Start with [All]. The text of a protocol is the source; read it in the order of this table, which goes from
// the simplest to the one with most to say:
//
//	package              roles                                    what it is for
//	contactmessage       Sender, Receiver                         a message and the word that it is safe
//	delivery             Sender, Receiver                         what passes over a link in one direction
//	invitation           Accepter, Inviter                        two people become contacts
//	enrolment            Sponsor, Device                          a new device joins an account
//	journalsync          Left, Right                              two journals find out what each lacks
//	sessioncoordination  Coordinator, Participant[N]              a session begins for all, or for none
//	consensus            Coordinator, Witness[N]                  witnesses agree and sign together
//	guardianceremony     Initiator, Guardian[N]                   guardians receive recovery shares
//	runtimeupgrade       Coordinator, Device[N]                   devices change version together
//	delegation           Source, Target                           a session goes to another device
//	anonymouspath        Initiator, Hop                           one hop of an anonymous path
//	holddeposit          Depositor, Holder                        an object is left with a holder
//	holdretrieval        Retriever, Holder                        a held object is fetched
//	holdaudit            Auditor, Holder                          a holder shows what it still has
//	movereceipt          Origin, Relay                            a relay answers for an envelope
//
// The last four answer on a reply block: a road back that serves once and cannot be read by who uses it.
//
// Endpoints are generated for families of a fixed size, see [Entry]; for other sizes use aura choreo gen. After a
// change of a text run go generate; a test holds code and text together.
package protocols

//go:generate go run ../cmd/internal/endpoints
