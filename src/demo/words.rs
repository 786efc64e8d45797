//! What the demo's people and companies are called and say. Domains end in `.example`: no mail can ever reach anyone.

pub(super) const FIRST_NAMES: &[&str] = &[
    "Maya", "Jonas", "Priya", "Mateo", "Ingrid", "Kofi", "Léa", "Tomasz", "Aiko", "Daniel", "Fatima", "Oliver",
    "Zeynep", "Lucas", "Hannah", "Arjun", "Chloé", "Erik", "Naledi", "Marco", "Sofia", "Liam", "Yara", "Henrik",
    "Beatriz", "Noah", "Amina", "Pieter", "Greta", "Samuel",
];

pub(super) const LAST_NAMES: &[&str] = &[
    "Lindqvist",
    "Okafor",
    "Sharma",
    "García",
    "Novak",
    "Mensah",
    "Dubois",
    "Kowalska",
    "Tanaka",
    "Brandt",
    "Haddad",
    "Whitfield",
    "Yılmaz",
    "Moreau",
    "Keller",
    "Iyer",
    "Jansen",
    "Rossi",
    "Dlamini",
    "Bianchi",
    "Costa",
    "Murphy",
    "Nasser",
    "Sørensen",
    "Almeida",
    "Fletcher",
    "Diallo",
    "de Vries",
    "Vogel",
    "Adeyemi",
];

pub(super) const COMPANY_NAMES: &[&str] = &[
    "Tidewater",
    "Copperfield",
    "Northgate",
    "Silverbirch",
    "Bluestone",
    "Kestrel",
    "Meridian",
    "Fairhaven",
    "Ironbridge",
    "Larkspur",
    "Quarry Lane",
    "Summit",
    "Thornbury",
    "Westbrook",
    "Juniper",
    "Ashgrove",
];

pub(super) const COMPANY_KINDS: &[&str] = &[
    "Labs",
    "Logistics",
    "Foods",
    "Health",
    "Energy",
    "Retail",
    "Studios",
    "Systems",
    "Partners",
    "Manufacturing",
];

pub(super) const FORMS: &[&str] = &[
    "Contact form",
    "Quote request",
    "Demo request",
    "Newsletter",
    "Callback",
];

pub(super) const MESSAGES: &[&str] = &[
    "Could you call me about pricing for 40 seats?",
    "We are comparing vendors and would like a demo next week.",
    "Does it work with our CRM?",
    "Please send me the brochure.",
    "We outgrew our spreadsheet and need something before the end of the quarter.",
    "Is there a discount for non-profits?",
];

pub(super) const NOTES: &[&str] = &[
    "Budget holder, prefers e-mail",
    "Met at the trade show, asked for a trial",
    "Migrating from a competitor this year",
    "Needs single sign-on before signing",
    "Warm introduction from the partner's account manager",
];

pub(super) const LOST_REASONS: &[&str] = &[
    "No budget this year",
    "Chose another supplier",
    "Does not answer any more",
    "Wrong size of company",
];

pub(super) const PAGES: &[&str] = &["/", "/pricing", "/features", "/demo", "/blog/lead-routing", "/contact"];

/// Source, medium, campaign.
pub(super) const CHANNELS: &[(&str, &str, &str)] = &[
    ("google", "cpc", "brand"),
    ("google", "cpc", "competitors"),
    ("google", "organic", ""),
    ("bing", "cpc", "brand"),
    ("facebook", "paid_social", "retargeting"),
    ("linkedin", "paid_social", "decision makers"),
    ("newsletter", "email", "monthly"),
    ("direct", "none", ""),
];

pub(super) const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
];
