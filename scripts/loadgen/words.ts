/** What people call themselves, and what they run. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const firstNames = words(`
  adam aisha alan alex ali alice amelia amy ana andre andrew angus anna anya arjun ava ben beth
  callum carlos cat charlie chen chloe chris ciara claire cormac dan daniel david deepa dmitri ed
  eilidh elena ella emil emily emma erik esme ethan eva farah fatima felix fiona finn fraser freya
  george giulia grace greta hana hannah harry hassan heather hiro holly hugo ian ibrahim ida imran
  ines iona isaac isla ivan jack jakub james jan jana jasmin jean jen jess jing joao joe johan john
  jonas josh julia kai karl kate katya ken kim kirsty kofi kyle lara laura lea lena leo lewis li
  liam lin linda lily logan louis lucas lucy luis luke magnus maja marco maria mark marta martin
  mary matt max maya mei mia michael mike mohammed mona nadia nat neha niamh nick nina noah nora
  oisin oliver olga omar oscar owen pablo paul pedro petra phil pia priya rachel raj ravi rhona
  rob robin rosa rory ross ruth ryan sam sanjay sara sean sofia sophie stefan struan sven tara tom
  tess theo tim timo uma vera viktor wei will xin yara yuki yusuf zara zoe zuzana
`);

export const surnames = words(`
  adams ahmed allan anderson bailey baker bell black brown campbell chan chen clark cooper davis
  douglas duncan evans ferguson fischer fraser garcia gibson gordon graham grant gray green hall
  hamilton harris hill hughes hunter ivanov jackson jensen johnson johnston jones kelly kennedy
  khan kim king kowalski kumar lee lewis li lopez macdonald mackay mackenzie martin mckenzie miller
  mitchell moore morgan morris morrison muller murphy murray nguyen novak obrien olsen patel paterson
  petrov phillips reid rios roberts robertson robinson ross rossi russell santos schmidt scott shah
  silva simpson singh smith stewart sutherland suzuki tanaka taylor thomas thompson thomson tran
  turner walker wallace wang ward watson weber white wilson wong wood wright wu yang young zhang
`);

export const nicks = words(`
  ace anvil apex arrow ash badger baron bit blaze bolt byte cactus cipher comet cosmic crow crypto
  cyan daemon dash delta dingo dragon echo ember falcon fern flux fox frost fuzz ghost glitch goblin
  gopher hawk hex hydra ice ink ion ivy jade jolt karma kernel kitten koala lambda lemon lunar lynx
  mango maple meteor mint mocha moon moss neon nimbus ninja nova null onyx orbit otter owl panda
  penguin phoenix pixel plum pulse quark raven ray rebel river robot rogue rust sage shadow silver
  sloth snow sonic spark spectre storm sudo swift tango teapot tiger toast turbo umbra vector velvet
  viper void vortex wasp wave wolf wombat xenon yak yeti zen zephyr zero
`);

export const societies = words(`
  anime archery astronomy baking ballet baroque beekeeping boardgames books brewing canoe ceilidh
  cheese chess choir cinema climbing coding comedy cosplay cricket cycling dance debating drama
  esports fencing film folk football games gardening gliding go hackers hiking hockey improv jazz
  judo juggling karate kendo knitting lego linux maths mountaineering mtg music opera orchestra
  philosophy photography physics pokemon polo quidditch radio robotics rowing rpg rugby running
  sailing scifi shinty skate ski squash surf swimming swing tea tennis theatre ultimate wine yoga
`);

export const services = words(`
  adminer api app archive arcade atuin bin blog board bookmarks bot budget calendar camera cards chat
  ci cloud code dash dashboard demo docs drive dynmap factorio feed files foundry gallery git grafana
  graphs hass homepage hooks ide jelly jupyter kanban kuma lab link map mastodon matrix mc mealie
  media metrics minecraft-map music notebook notes pad paste photos pihole planka playground plex
  poll portfolio print proxy quiz recipes rss scores search server share shop short stats status
  stream terraria timer todo trilium upload vault vpn wallabag weather webdav wiki wishlist
`);

export const projects = words(`
  cv portfolio thesis dissertation blog website homepage notes coursework compiler raytracer slides
  docs game jam hackathon resume talks docs-site workshop guide handbook newsletter events
`);
