/* The tables behind org_words.h. Words are separated by '|'. Included by org_words.c only. */
#ifndef AGL_KERNEL_NETWORK_ORG_WORDS_TABLE_H
#define AGL_KERNEL_NETWORK_ORG_WORDS_TABLE_H

typedef struct legal_row {
    const char *name, *countries, *phrases; /* countries "*": used by translators for any form */
} legal_row;

static const legal_row legal_rows[] = {
    {"ltd", "gb ie in au nz za ca il hk sg my th ng ke pk bd cy mt",
     "ltd|limited|private limited|pvt ltd|private ltd|pvt limited|pty ltd|pty limited|proprietary "
     "limited|pte ltd|"
     "pte limited|pty|pte|pvt|lbg|limited by guarantee|cyf|cyfyngedig|teoranta"},
    {"co ltd", "*",
     "companies|co ltd|co limited|company ltd|company limited|coltd|co lt|ltd co|co|company|cie|compagnie|"
     "gongsi|youxian gongsi|limited company"},
    {"inc", "us ca jp ph kr", "inc|incorporated|incorp|corp|corporation|inc ltd|corp ltd|corporation ltd"},
    {"llc", "us gb ru ua ae",
     "llc|limited liability company|limited liability co|lc|"
     "ooo|tov|obshchestvo s ogranichennoy otvetstvennostyu|"
     "obshchestvo s ogranichennoj otvetstvennostyu|"
     "obschestvo s ogranichennoy otvetstvennostyu|obshestvo s ogranichennoy otvetstvennostyu"},
    {"llp", "us gb in", "llp|limited liability partnership"},
    {"lp", "us gb ca", "lp|limited partnership"},
    {"plc", "gb ie", "plc|public limited company|public limited co"},
    {"cic", "gb", "cic|community interest company|cio"},
    {"jsc", "ru ua kz by vn bg lt lv ee",
     "jsc|ojsc|cjsc|pjsc|oao|ao|zao|pao|otkrytoe aktsionernoe obshchestvo|aktsionernoe obshchestvo|"
     "zakrytoe aktsionernoe obshchestvo|joint stock company|joint stock co"},
    {"gmbh", "de at ch li",
     "gmbh|ggmbh|gesmbh|mbh|ges mbh|gesellschaft mit beschrankter haftung|"
     "gesellschaft mit beschraenkter haftung|gemeinnutzige gmbh|gemeinnuetzige gmbh|"
     "gesellschaft mbh|ug|unternehmergesellschaft"},
    {"kg", "de at",
     "gmbh co kg|gmbh cokg|gmbh und co kg|gmbh and co kg|gmbh co|kg|co kg|ag co kg|kommanditgesellschaft|"
     "gmbh co ohg|ohg|gbr|gmbh co kgaa|se co kg|ag co kgaa|kgaa"},
    {"ag", "de at ch li", "ag|aktiengesellschaft"},
    {"eg", "de at", "eg|egen|genossenschaft"},
    {"ev", "de at", "ev|eingetragener verein|verein"},
    {"se", "de fr at nl cz", "se|societas europaea"},
    {"sa", "fr be es pt ch lu gr ro br ar mx cl co pe pl",
     "sa|societe anonyme|sociedad anonima|sociedade anonima|sau|sociedad anonima unipersonal|sad|"
     "anonimi eteria|anonymi etairia|anonymi etaireia|anonymos etaireia|anonymos etairia|ae|spolka akcyjna"},
    {"sas", "fr co", "sas|sasu|societe par actions simplifiee|societe par actions simplifie"},
    {"sarl", "fr lu ch be ma", "sarl|societe a responsabilite limitee|eurl|selarl|sarls"},
    {"gie", "fr be", "gie|geie|groupement d interet economique|scop|scic|scs|snc"},
    {"sa de cv", "mx",
     "sa de cv|s de rl de cv|sapi de cv|sab de cv|sa decv|srl de cv|sociedad anonima de capital variable"},
    {"sl", "es",
     "sl|slu|sociedad limitada|slp|sll|slne|sociedad limitada unipersonal|s coop|scoop|sociedad "
     "cooperativa|sccl|aie|sociedad de responsabilidad limitada"},
    {"srl", "it ro ar be bo",
     "srl|societa a responsabilita limitata|srls|soc coop|scarl|scrl|scpa|societa cooperativa|"
     "sc|scsrl|societa consortile|srl unipersonale|soc a rl|sr l"},
    {"spa", "it cl dz", "spa|societa per azioni|sp a"},
    {"onlus", "it", "onlus|ets|aps ets|odv"},
    {"bv", "nl be",
     "bv|besloten vennootschap|bvba|cvba|cv|vof|sprl|scrl fs|besloten vennootschap met beperkte "
     "aansprakelijkheid"},
    {"nv", "nl be", "nv|naamloze vennootschap|nv sa|sa nv"},
    {"vzw", "be",
     "vzw|asbl|aisbl|ivzw|association sans but lucratif|vereniging zonder winstoogmerk|"
     "association internationale sans but lucratif"},
    {"ab", "se fi", "ab|aktiebolag|aktiebolaget|ab publ|publ ab|publ|hb|aktiebolag publ|ekonomisk forening"},
    {"as", "no dk cz sk tr ee",
     "as|asa|aksjeselskap|allmennaksjeselskap|aktieselskab|akciova spolecnost|akciova spolocnost|"
     "anonim sirketi|anonim sti|ve ticaret as|sanayi ve ticaret as|sanayi ve ticaret anonim sirketi|ve "
     "ticaret anonim sirketi"},
    {"aps", "dk", "aps|anpartsselskab|amba|ivs|fmba"},
    {"oy", "fi", "oy|oyj|oy ab|ab oy|osakeyhtio|abp|oy ltd|oyj abp"},
    {"ehf", "is", "ehf|hf|ohf|einkahlutafelag"},
    {"srl cz", "cz sk",
     "sro|spol sro|spolecnost s rucenim omezenym|spol s ro|spolocnost s rucenim obmedzenym|vos|vvi|"
     "verejna vyzkumna instituce"},
    {"spzoo", "pl",
     "spzoo|sp zoo|sp z oo|spolka zoo|spolka z oo|spolka z ograniczona odpowiedzialnoscia|spolka z "
     "ograniczona odpowiedzialnoscia spolka komandytowa|sp zoo sp k|"
     "sp k|sp j|spolka komandytowa|spolka jawna|spolka cywilna|spk|spj"},
    {"kft", "hu",
     "kft|korlatolt felelossegu tarsasag|nonprofit kft|nonprofit korlatolt felelossegu tarsasag|"
     "bt|kkt"},
    {"zrt", "hu",
     "zrt|nyrt|rt|reszvenytarsasag|zartkoruen mukodo reszvenytarsasag|nyilvanosan mukodo reszvenytarsasag"},
    {"doo", "si hr rs ba me mk",
     "doo|d oo|drustvo z omejeno odgovornostjo|drustvo s ogranicenom odgovornoscu|drustvo za|jdoo"},
    {"dd", "si hr rs ba", "dd|delniska druzba|dionicko drustvo|ad"},
    {"eood", "bg", "eood|ood|ead|druzhestvo s ogranichena otgovornost|aktsionerno druzhestvo"},
    {"ike", "gr cy",
     "ike|epe|oe|ee|mike|mepe|monoprosopi ike|monoprosopi epe|idiotiki kefalaiouchiki etaireia|monoprosopi "
     "idiotiki kefalaiouchiki etaireia|"
     "etaireia periorismenis efthynis|astiki mi kerdoskopiki etaireia|amke|astiki etaireia mi kerdoskopiki"},
    {"lda", "pt", "lda|limitada|sociedade por quotas|unipessoal lda|sociedade unipessoal lda|crl|sgps"},
    {"ltda", "br cl co ec", "ltda|eireli|eirl|sac|me|epp"},
    {"ou", "ee", "ou|osauhing|mtu"},
    {"sia", "lv", "sia|sabiedriba ar ierobezotu atbildibu|akciju sabiedriba"},
    {"uab", "lt", "uab|uzdaroji akcine bendrove|akcine bendrove|vsi|viesoji istaiga|mb"},
    {"ltd sti", "tr",
     "ltd sti|limited sirketi|ve ticaret limited sirketi|sanayi ve ticaret limited sirketi|san ve tic ltd "
     "sti|"
     "san ve tic as|sti|sirketi"},
    {"kk", "jp", "kk|kabushiki kaisha|kabushikikaisha|gk|godo kaisha|yk|yugen kaisha|kabushiki gaisha"},
    {"jusik", "kr", "jusikhoesa|chusik hoesa|jusik hoesa|juhoesa|ju|yuhanhoesa|yuhan hoesa"},
    {"sdn bhd", "my", "sdn bhd|bhd|berhad|sendirian berhad"},
    {"pt", "id", "pt|tbk|perseroan terbatas"},
    {"spa dz", "dz tn", "suarl"},
};

/* Forms that stand in front of the name; the others in ambiguous_forms are ignored as the first word. */
static const char *const ambiguous_forms =
    "|co|companies|as|ag|se|sa|ad|dd|ae|oe|ee|me|mb|rt|bt|hf|hb|ou|sc|cv|sas|ju|lp|lc|ets|ev|eg|sad|aie|ao|"
    "pte|pty|pvt|"
    "company|corp|corporation|compagnie|cie|publ|sti|sirketi|bv|nv|sl|verein|genossenschaft|limitada|aps|kg|"
    "ug|scs|snc|vos|"
    "sau|asa|ike|epe|sac|vsi|gie|scop|ltd|limited|inc|sia|pt|doo|drustvo za|dio|crl|epp|mtu|limited company|";

typedef struct word_row {
    char class; /* 'k' known, 'l' light, 'p' country, 'c' city */
    const char *canonical, *variants;
} word_row;

static const word_row word_rows[] = {
    /* kinds of organisations */
    {'k', "university",
     "univ|universities|universitaet|universitat|universite|universidad|universita|universidade|uniwersytet|"
     "universitet|"
     "universiteit|universitatea|univerzita|univerzitet|sveuciliste|egyetem|yliopisto|ulikool|universitate|"
     "universitas|univerza|"
     "universiti|universitesi|uniwersytetu|panepistimio|panepistimion|universitetet|haskoli|univerzity|"
     "universit|daehakgyo|"
     "universytet|universityof|uni|universitets|universitario|universitaire|universitaria|universitara|"
     "taehakkyo|daigaku|aniversity|univeristy|"
     "universtiy|univesity|prifysgol|ollscoil|unibertsitatea|universidada|uniuersity|universitari|"
     "universitair|universitarie"},
    {'k', "institute",
     "inst|institut|instituto|istituto|instytut|instituut|instituttet|institutul|institutet|institutt|"
     "instituta|"
     "instituti|institutes|institutions|institution|insitute|intitute|institiute|instit|intezet|instituutti|"
     "institutas|instituts|ustav|enstitusu|yeonguso|kenkyusho|kenkyujo|yeonguwon|instutute|institue|"
     "institudo"},
    {'k', "college", "coll|colegio|collegium|collegio|colleges"},
    {'k', "school", "sch|ecole|schule|escuela|scuola|escola|skola|szkola|schools|schulen"},
    {'k', "hochschule",
     "fachhochschule|hogeschool|hogskolan|hogskole|hogskola|hoejskole|hojskole|ammattikorkeakoulu|fh"},
    {'k', "academy",
     "acad|academie|akademie|academia|accademia|akademia|akademija|akademi|akademii|academic|akad|akademiya"},
    {'k', "centre",
     "center|cent|ct|ctr|centro|centrum|zentrum|centar|centra|kozpont|centrul|keskus|senter|cntr|centru|"
     "centri|tsentr|kentro|merkezi|sentar|centres|centers"},
    {'k', "foundation",
     "found|foundations|fundacion|fundacio|fundacao|fondazione|fondation|stiftung|stichting|stiftelsen|"
     "stiftelse|fundacja|fonden|fond|idryma|alapitvany|nadace|saatio|fundatia|fdn|fundation|foundantion|"
     "fondatsiya|fundo"},
    {'k', "association",
     "assoc|assn|associazione|associacao|asociacion|associacio|asociatia|verband|vereniging|forening|"
     "foreningen|asociacija|stowarzyszenie|yhdistys|udruga|udruzenje|zdruzenje|asociace|egyesulet|somateio|"
     "ass|associations|asociatie|bundesverband"},
    {'k', "society",
     "soc|gesellschaft|societe|societa|sociedad|sociedade|societat|societatea|selskab|gesellsch|ges|tarsasag|"
     "towarzystwo|drustvo|etaireia|etairia|societas|ges zur|vennootschap|gesell"},
    {'k', "ministry",
     "min|ministere|ministerio|ministero|ministerium|ministerul|ministerstvo|ministerstwo|ministarstvo|"
     "ypourgeio|ministeriet|bundesministerium|ministerie|minister"},
    {'k', "agency",
     "agence|agencia|agenzia|agentur|agentschap|agentia|agentura|agencija|agentstvo|agencies|agjencia|"
     "bundesagentur"},
    {'k', "authority", "auth|autorite|autoridad|autorita|behorde|authorities"},
    {'k', "council", "consejo|consiglio|conseil|consell|conselho|rada|consiliul"},
    {'k', "department", "dept|dep|departement|departamento|dipartimento|departament|abteilung"},
    {'k', "division", "div"},
    {'k', "government", "gov|govt|gouvernement|gobierno|governo|gouv"},
    {'k', "hospital",
     "hosp|hopital|hopitaux|ospedale|krankenhaus|klinikum|hospitals|ziekenhuis|spital|spitalul|szpital|"
     "sykehus|sygehus|sjukhus|bolnica|nosokomeio|korhaz|ospedaliera|ospedaliero|hospitalier|hospitalario|"
     "hospitalaria|nemocnice|hospitaliers|hospitalar|universitatsklinikum|universitaetsklinikum"},
    {'k', "clinic", "klinik|clinique|clinica|klinika|clinics"},
    {'k', "laboratory",
     "lab|labs|laboratories|laboratoire|laboratoires|laboratorio|laboratori|laboratorium|laboratorija|"
     "laboratoriya"},
    {'k', "bureau", "bur|buro|buero|oficina|ufficio|office"},
    {'k', "museum", "musee|museo|museu|muzeum|muzej|museums"},
    {'k', "library", "bibliothek|bibliotheque|biblioteca|biblioteka|bibliotheek"},
    {'k', "factory", "fabrik|usine|fabrica|fabbrica|works"},
    {'k', "enterprise",
     "entpr|enterprises|entreprise|entreprises|empresa|impresa|unternehmen|enterp|predpriyatie|entrepreneur|"
     "enterprize"},
    {'k', "cooperative", "coop|cooperation|cooperativa|kooperativ|cooperatie|cooperatieve|koop"},
    {'k', "consortium", "consorzio|consorcio|konsortium|consorci|consortia"},
    {'k', "municipality",
     "gemeente|comune|ayuntamiento|commune|kommune|gemeinde|stadt|city|municipio|municipal|dimos|mairie|"
     "kommun|obcina|concello|camara "
     "municipal|ville|ajuntament|urad|miasto|grad|municipiul|mesto|comuna|obec"},
    {'k', "chamber", "camara|camera|kammer|chambre|komora|izba|kamer|cambra|epimelitirio"},
    {'k', "federation", "fed|federacion|federazione|federacio|foderation|foederation|federacao"},
    {'k', "union", "uniao|unione|unio|unia"},
    {'k', "network", "networks|reseau|rete|netzwerk|netwerk|xarxa|rede"},
    {'k', "cluster", "pole|clusters"},
    {'k', "partnership", "partners|partner|partnerships|partnerschaft"},
    {'k', "committee", "comite|comitato|komitee|comision|commission|commissione"},
    {'k', "region", "regional|regione|regionale|regionalni|regio|regione|regiao|regionen"},
    {'k', "province", "prov|provincia|provincie|provinciale|provincial"},
    /* what they do */
    {'k', "research",
     "res|researches|recherche|recherches|ricerca|ricerche|investigacion|investigaciones|investigacao|"
     "investigacio|recerca|forschung|forschungs|badawczy|badan|badawcza|onderzoek|forskning|tutkimus|kutato|"
     "cercetare|cercetari|vyzkum|vyzkumny|vyskum|istrazivanje|issledovatelskiy|issledovatelskij|pesquisa|"
     "erevnas|erevnon|erevna|arastirma|raziskovalni|reserach|reasearch|forschungszentrum|onderzoeks|recherch|"
     "forsknings|recherches"},
    {'k', "science",
     "sci|scient|sciences|scientific|scientifique|scientifiques|scientifico|scientifica|cientifico|"
     "cientifica|cientificas|ciencias|ciencia|scienze|scienza|wissenschaft|wissenschaften|wetenschap|"
     "wetenschappen|nauk|nauchno|nauchnyy|naukowy|vedecky|ved|stiinte|stiinta|stiintifica|stiintific|"
     "tudomany|tudomanyos|nauka|nauke|znanost|epistimon|teadus|videnskab|vitenskap|tieteellinen|vetenskap|"
     "sciense|cientific|ciencies|tudomanyegyetem|nauki"},
    {'k', "technology",
     "tech|technol|technologies|techn|technologie|tecnologia|tecnologias|tecnologie|technologii|technologia|"
     "technologias|teknologi|teknoloji|teknologian|technologique|technologiques|tecnologico|tecnologica|"
     "tecnologici|technological|tecnologics|tehnologie|tehnologii|tehnologija|technologiczny|tehnoloske|"
     "technologicke|technologicky|tecnologicas|tecnologic|teknologisk|technlogy|technolgy|technologiy|"
     "technologicky|tekhnologii|tekhnologiy|tehnologiy|texnologii|tehnologic|tecnolog|techology|technololgy"},
    {'k', "technical",
     "technische|technisch|technique|techniques|tecnica|tecnico|tecniche|tecnicas|technischen|techniki|"
     "technika|technicka|technicky|tekniska|teknisk|teknillinen|tehnicki|tehnica|tehnike|techniczny|"
     "technikai|tekhnicheskiy|teknik|tehniki|tecnicos|techniek|tehnika|technics|technicum"},
    {'k', "polytechnic",
     "politecnico|politecnica|polytechnique|polytechnische|politechnika|politehnica|politechnic|politechniki|"
     "politekhnicheskiy|polytechnical|polytech|polytechneio|politecnic|politehnica|polytechnics|polytecnic"},
    {'k', "engineering",
     "eng|engng|engn|engineers|engineer|ingenierie|ingenieria|ingegneria|engenharia|enginyeria|ingenieurs|"
     "ingenieure|ingenieurgesellschaft|ingenieurbuero|inginerie|muhendislik|inzenyring|engg|enginering"},
    {'k', "industry",
     "ind|inds|industries|industrial|industrie|industria|industriale|industriales|industriel|industrielle|"
     "industrielles|industri|industriya|przemysl|przemyslu|endustri|industriais|industriali|industrias|"
     "sanayi|indust|industr|induxtry|indusrial"},
    {'k', "manufacturing",
     "mfg|mfr|mfrg|manufacture|manufacturers|manuf|manufacturer|manufactoring|manufactory"},
    {'k', "development",
     "dev|develop|developpement|desarrollo|sviluppo|desenvolvimento|desenvolupament|entwicklung|rozvoj|"
     "rozwoju|razvoj|dezvoltare|ontwikkeling|utveckling|utvikling|udvikling|fejlesztesi|gelistirme|"
     "developments|anaptyxis|anaptixis|dezvoltarea|developement"},
    {'k', "innovation",
     "innov|innovations|innovacion|innovazione|inovacao|innovatie|inovace|innowacji|inovare|inovacije|"
     "inovacija|innovacio|innovative|innovate|innovaciones|inovatii|innovativ|innowacyjny|inovatsii"},
    {'k', "electronics",
     "electronic|elect|electron|elektronik|elektronika|elettronica|electronica|electronique|elektronische|"
     "elektroniczny|elektroniikka|electonics|electronices"},
    {'k', "electric",
     "electrical|elec|elektro|electro|elektrik|electrique|electrica|elettrica|elektryczny|elektrotechnik|"
     "electricite|electricity|elektrizitats|elektrizitaet"},
    {'k', "communications",
     "comm|comms|communication|telecom|telecommunication|telecommunications|telecomm|kommunikation|"
     "comunicaciones|comunicazioni|comunicacion|telekom|telekommunikation|telecomunicaciones|"
     "telecomunicazioni|telecomunicacoes|teleco|comun"},
    {'k', "information",
     "info|informatique|informatics|informatica|informatik|informatic|informatyki|informatyka|informacion|"
     "informazione|informatie|informacni|informationstechnik|infor|inf|informational|inormation"},
    {'k', "computer", "comp|computers|computing|comput|computacion|computation"},
    {'k', "systems",
     "system|syst|systeme|systemes|sistemas|sistemi|sisteme|sistemleri|systemen|systemy|sys|sistem|"
     "systemtechnik|sustems|sisteemid"},
    {'k', "services",
     "service|servicios|servizi|servicos|dienst|diensten|dienstleistungen|uslugi|serv|serveis|servicii|"
     "sluzby|dienste|servis|svc|svcs"},
    {'k', "software", "softw|soft"},
    {'k', "machinery", "mach|machine|machines|maschinen|maschinenbau|maquinaria|macchine|machining"},
    {'k', "mechanical",
     "mech|mechanic|mechanics|meccanica|mecanique|mecanica|mekanik|mechanik|mechanische|mechaniczny|"
     "mechanicals"},
    {'k', "equipment", "equip|equipements|equipos|equipments|equp"},
    {'k', "products",
     "product|produkte|produits|productos|prodotti|production|produzione|produccion|productions|produktion|"
     "produktions"},
    {'k', "materials",
     "material|materiales|materiali|materiaux|werkstoffe|mater|materiais|materialov|materialy"},
    {'k', "chemical",
     "chem|chemicals|chemistry|chemie|chimie|quimica|chimica|kimya|chemische|chemii|khimicheskiy|quimicas|"
     "kemi|kemia|chimique|chemiczny|chimici"},
    {'k', "physics", "phys|physik|physique|fisica|fizyki|fizika|fiziki|physical|fyziky|fizica"},
    {'k', "mathematics", "math|mathematik|matematica|mathematiques|matematyki|matematiki|mathematical|maths"},
    {'k', "optics", "opt|optical|optik|optique|ottica|optica|optoelectronics"},
    {'k', "biology", "biol|biological|biologie|biologia|biologica|biologii"},
    {'k', "biotechnology",
     "biotech|biotechnologies|biotechnologie|biotecnologia|biotechnologii|biotecnologias|biotechnological"},
    {'k', "medical",
     "med|medicine|medizin|medico|medica|medicina|medecine|medicale|medizinische|medycyny|medic|medisch|"
     "medycznych|medicinska|medisinsk|meditsinskiy|medyczny|medicinskog"},
    {'k', "pharmaceutical",
     "pharm|pharma|pharmaceuticals|pharmacy|pharmazie|farmaceutica|farmaceutici|pharmaceutique|farma|"
     "farmacia|pharmaceutica"},
    {'k', "health",
     "gesundheit|sante|salud|salute|saude|zdravi|zdrowia|salut|gezondheid|sanita|sanitaria|sanitario|"
     "sanitari|zdravlje|sanatate|helse|terveys|ygeias"},
    {'k', "agriculture",
     "agric|agr|agri|agricultural|agricola|agricole|agrario|agraria|agronomique|agricultura|landwirtschaft|"
     "agrarian|rolnictwa|zemedelska|agro|landbouw|agricole|agronomy|agronomic|agrar|poljoprivredni|agrarias|"
     "agrarforschung|landbrug|agropecuaria|agrifood|agroalimentaire|agroalimentare|agroalimentario"},
    {'k', "environment",
     "environmental|env|environ|environnement|ambiente|umwelt|medio "
     "ambiente|ambiental|ambientale|srodowiska|prostredi|okolje|miljo|mediului|environnemental|kornyezet|"
     "perivallontos|milieu|mediu|ambientali|zivotniho"},
    {'k', "energy",
     "energie|energia|energetica|energetique|energii|energi|enerji|energija|energies|energiewirtschaft|"
     "energetyki|energiya|energias|energetics|energias"},
    {'k', "water", "wasser|eau|agua|acqua|vatten|vand|wasserwirtschaft|vesi|voda"},
    {'k', "transport",
     "transportation|transporte|trasporti|trans|transports|transporti|verkehr|vervoer|dopravy|traffic|"
     "trasporto"},
    {'k', "aerospace",
     "aeroespacial|aerospatiale|aerospaziale|luft und raumfahrt|raumfahrt|luchtvaart|aerospaciale"},
    {'k', "aviation", "aviat|aviacion|aviazione|aviacao|luftfahrt|aviatsionnyy|aviatsii|aviatsionnaya"},
    {'k', "aeronautics", "aeronaut|aeronautical|aeronautica|aeronautique|aero|aeronautiques"},
    {'k', "astronautics", "astronaut|astronautical"},
    {'k', "space", "espace|spazio|espacio|espacial|spatial|spaziale|spatiale|weltraum|kosmicheskiy|uzay"},
    {'k', "defence", "defense|def|defensa|difesa|verteidigung|obrony|savunma"},
    {'k', "security", "secur|securite|seguridad|sicurezza|sicherheit|safety|beveiliging|bezpieczenstwa"},
    {'k', "military", "mil|militaire|militare|militar|wojskowa|voennyy"},
    {'k', "automotive", "automobile|automobiles|auto|automobil|automotriz|automobiltechnik"},
    {'k', "automation",
     "automat|automatic|automatique|automatyki|automatizacion|automatisation|automatisierung|otomasyon|"
     "automatisering"},
    {'k', "robotics", "robot|robots|robotic|robotique|robotica|robotik"},
    {'k', "intelligent", "intelligence|smart|intelligente|inteligente|intelligente"},
    {'k', "instrument", "instr|instruments|instrumentation|instrumente|instrumentos"},
    {'k', "power", "pwr|puissance"},
    {'k', "design", "designs|designing|diseno"},
    {'k', "control", "controls|ctrl|kontroll"},
    {'k', "measurement", "meas|messtechnik|measurements|measuring"},
    {'k', "construction",
     "constr|constructions|construcciones|costruzioni|construccion|bau|construct|construcao|insaat"},
    {'k', "architecture", "arch|architectural|architektur|arquitectura|architettura|architects"},
    {'k', "management", "mgmt|manag|gestion|gestione|gestao|beheer|mangement"},
    {'k', "consulting",
     "consult|consultants|consultancy|consulenza|consultoria|beratung|consultores|consultant|danismanlik"},
    {'k', "education",
     "educ|educational|educacion|educazione|bildung|educacao|onderwijs|vzdelavani|obrazovaniya|"
     "obrazovatelnoe|formation|formacion|formazione|egitim|edukacji"},
    {'k', "economics",
     "econ|economic|economia|economie|wirtschaft|economique|ekonomii|ekonomi|economica|ekonomie|ekonomiky"},
    {'k', "protection", "prot|proteccion|protezione|schutz|ochrony"},
    {'k', "supply", "suppl|supplies"},
    {'k', "art", "arts|kunst|arte|artes|arti"},
    {'k', "applied",
     "appl|appliquee|appliquees|aplicada|aplicadas|applicata|applicate|angewandte|angewandten|toegepast|"
     "aplicado|aplikovane|stosowanych"},
    {'k', "advanced", "adv|avanzada|avanzado|avanzati|avancee|avances|avancees|advance|avanzata|avanzadas"},
    {'k', "general", "gen|generale|allgemeine|generales|obshchiy"},
    {'k', "petroleum", "petrol|petrole|petroli|petrochemical|petrochem|oil"},
    {'k', "mining", "mines|mine|minas|mineria|bergbau"},
    {'k', "geology", "geol|geological|geologico|geologique|geologiczny|geologica|geologie|geologii"},
    {'k', "ocean", "oceans|oceanography|oceanographic|oceanografia|oceanologii"},
    {'k', "national",
     "nat|nati|natl|nationale|nationales|nacional|nazionale|narodni|narodowy|nationaal|narodowe|nasjonal|"
     "nacionalni|ethniko|nationala|nemzeti|natsionalnyy|natsionalnaya|nacionales|ulusal|nationell|nationalt|"
     "nazionali"},
    {'k', "federal", "federalnoe|federalnyy|federalnaya|bundes|federale|bundesanstalt|federales"},
    {'k', "state",
     "gosudarstvennoe|gosudarstvennyy|gosudarstvennaya|statale|statni|panstwowy|staatliche|staats|etat|"
     "estatal|derzhavnyy|valstybinis|derzhavne"},
    {'k', "central", "centrale|zentrale|centralny|tsentralnyy|ustredni"},
    {'k', "royal", "royale|koninklijk|koninklijke|koninkl|konink|kungliga|kongelige|kungl|reial"},
    {'k', "european",
     "europeen|europeenne|europeo|europea|europaische|europaeische|europaischer|europaeischer|europees|"
     "europejski|europei|europeia|evropsky|europaisches|europaeisches|europaisk|europese"},
    {'k', "south", "sud|sued"},
    {'k', "north", "nord|norte|noord|nordic"},
    {'k', "east", "ost"},
    {'k', "west", "ouest|oeste|ovest"},
    {'k', "new", "neue|nueva|nuevo|nouvelle|nuova|nova"},
    {'k', "shenzhen", "sz|shengzhen|shen zhen"},
    {'k', "public", "publique|publico|pubblica|publica|offentlig|publics|pubblico"},
    {'k', "food", "foods|lebensmittel|alimentos|alimentari|voeding|alimentation|alimentaire|alimentacion"},
    {'k', "business", "negocios|geschafts"},
    {'k', "sport", "sports|deporte|sportivo"},
    {'k', "forest",
     "forestry|forestier|forestal|forestale|lesnictwa|wald|forst|forets|skog|metsa|forestiere"},
    {'k', "fisheries", "fishery|fish|fischerei|peche|pesca"},
    {'k', "animal", "animals|tier|veterinary|veterinaria|vet|animale|weterynaryjny|veterinaire"},
    {'k', "digital", "digitale|digitales|digitalni"},
    {'k', "ship",
     "shipbuilding|shipping|marine|maritime|naval|navale|maritimo|marina|marino|marittima|maritim"},
    {'k', "steel", "iron|stahl|acier|acero|acciaio"},
    {'k', "vehicle", "vehicles|fahrzeug|fahrzeuge|fahrzeugbau|vehicules|vehiculos"},
    {'k', "aircraft", "flugzeugbau|aircrafts|aeronave|avions|aerei"},
    {'k', "drone", "drones|uav|uavs|uas"},
    /* words that come and go */
    {'l', "group", "grp|groupe|gruppe|grupo|gruppo|grupa|groep|jituan|groups|koncern|konzern|gruppen|grup"},
    {'l', "holding", "holdings|hldg|hldgs|hold"},
    {'l', "international",
     "int|intl|inter|internationale|internacional|internazionale|intern|internationales|internasjonal|"
     "miedzynarodowy|mezinarodni|mezhdunarodnyy|internat"},
    {'l', "global", "worldwide|world|mondial|mundial|globale"},
    {'l', "solutions", "solution|loesungen|soluciones|losungen|soluzioni|cozumleri"},
    {'l', "intellectual", "ip"},
    {'l', "property", "ventures|venture|assets"},
    {'l', "subsidiary",
     "branch|filiale|niederlassung|succursale|sucursal|zweigniederlassung|unit|headquarters|hq"},
    {'l', "foreign", "trade|trading|ticaret|commerce|commercial"},
    {'l', "unipersonal", "unipersonale|unipessoal|monoprosopi|societe unipersonnelle"},
    {'l', "nonprofit",
     "non "
     "profit|gemeinnutzige|gemeinnuetzige|gemeinnutziger|gemeinnuetziger|kerdoskopiki|idiotiki|"
     "kefalaiouchiki"},
    {'l', "company", "firma|co"},
    {'l', "joint", "stock"},
    /* cities under several names; they tell organisations apart like any plain word */
    {'c', "vienna", "wien|vienne|becs"},
    {'c', "rome", "roma|rom"},
    {'c', "prague", "praha|prag|praze"},
    {'c', "munich", "munchen|muenchen|monaco di baviera"},
    {'c', "cologne", "koln|koeln|colonia"},
    {'c', "lisbon", "lisboa|lissabon|lisbonne"},
    {'c', "athens", "athina|athinon|athen|athenes|athinai|athena"},
    {'c', "brussels", "bruxelles|brussel|brussels|bruselas|brussell"},
    {'c', "copenhagen", "kobenhavn|kobenhavns|kopenhagen|koebenhavn"},
    {'c', "milan", "milano|mailand"},
    {'c', "turin", "torino"},
    {'c', "florence", "firenze|florenz"},
    {'c', "naples", "napoli|neapel"},
    {'c', "venice", "venezia|venedig"},
    {'c', "genoa", "genova|genua"},
    {'c', "padua", "padova|padoue"},
    {'c', "pisa", "pise"},
    {'c', "warsaw", "warszawa|warszawski|warszawie|warschau|warszawska"},
    {'c', "cracow", "krakow|krakau|krakowie"},
    {'c', "bucharest", "bucuresti|bukarest"},
    {'c', "belgrade", "beograd|beogradu"},
    {'c', "sofia", "sofiya|sofii"},
    {'c', "thessaloniki", "thessalonikis|salonica|thessalonique"},
    {'c', "patras", "patra|patron"},
    {'c', "moscow", "moskva|moskovskiy|moskau|moskovskij"},
    {'c', "petersburg", "peterburg|peterburgskiy|sanktpeterburg"},
    {'c', "kyiv", "kiev|kiyiv|kiyivskyi"},
    {'c', "helsinki", "helsingfors|helsingin"},
    {'c', "turku", "abo|turun"},
    {'c', "gothenburg", "goteborg|goteborgs|goeteborg"},
    {'c', "zurich", "zuerich|zurigo"},
    {'c', "geneva", "geneve|genf|ginevra"},
    {'c', "basel", "bale|basle"},
    {'c', "nuremberg", "nurnberg|nuernberg"},
    {'c', "hanover", "hannover"},
    {'c', "seville", "sevilla"},
    {'c', "saragossa", "zaragoza"},
    {'c', "antwerp", "antwerpen|anvers"},
    {'c', "ghent", "gent|gand"},
    {'c', "leuven", "louvain"},
    {'c', "liege", "luik|luttich"},
    {'c', "hague", "haag|gravenhage"},
    {'c', "luebeck", "lubeck"},
    {'c', "dusseldorf", "duesseldorf"},
    {'c', "gottingen", "goettingen"},
    {'c', "tubingen", "tuebingen"},
    {'c', "wurzburg", "wuerzburg"},
    {'c', "ljubljana", "ljubljani|laibach"},
    {'c', "istanbul", "constantinople"},
    {'c', "nicosia", "lefkosia"},
    {'c', "beijing", "peking|bei jing"},
    {'c', "seoul", "seoulsi|soul"},
    {'c', "tokyo", "tokio"},
    {'c', "catalonia", "catalunya|cataluna|catalana"},
    {'c', "bavaria", "bayern|bayerische|bayerisches"},
    /* countries and continents */
    {'p', "germany",
     "deutschland|german|deutsche|deutscher|deutsches|allemagne|alemania|niemcy|tyskland|deutschen|"
     "duitsland"},
    {'p', "france", "francaise|francais|french|francia|frankreich|frankrijk|francaises"},
    {'p', "italy", "italia|italiana|italiano|italian|italie|italien|italiane|italiani"},
    {'p', "spain", "espana|espanola|espanol|spanish|spanien|espagne|espanya|iberia|iberica|spagna"},
    {'p', "portugal", "portuguesa|portugues|portuguese"},
    {'p', "uk", "united kingdom|britain|british|gb|england|royaume uni|regno unito"},
    {'p', "ireland", "irish|eire|irlanda"},
    {'p', "scotland", "scottish"},
    {'p', "wales", "welsh"},
    {'p', "netherlands", "nederland|nederlandse|dutch|holland|pays bas|paesi bassi|paises bajos|niederlande"},
    {'p', "belgium", "belgique|belgie|belge|belgian|belgio|belgica|belgien|belgisch"},
    {'p', "luxembourg", "luxemburg|lussemburgo"},
    {'p', "switzerland", "schweiz|suisse|svizzera|swiss|schweizerische|suiza|schweizer|schweizerischer"},
    {'p', "austria",
     "osterreich|oesterreich|austrian|oesterreichische|osterreichische|oesterreichisches|osterreichisches|"
     "autriche"},
    {'p', "denmark", "danmark|danish|danmarks|dansk|danske"},
    {'p', "sweden", "sverige|swedish|svenska|sveriges|schweden"},
    {'p', "norway", "norge|norsk|norwegian|norges|norske"},
    {'p', "finland", "suomi|suomen|finnish"},
    {'p', "iceland", "island"},
    {'p', "poland", "polska|polski|polskiej|polish|polskie|polen"},
    {'p', "czech", "cesky|ceska|ceske|czechia"},
    {'p', "slovakia", "slovensko|slovak|slovenska|slovenskej"},
    {'p', "slovenia", "slovenije|slovenija|slovenski"},
    {'p', "croatia", "hrvatska|hrvatski|croatian|croazia"},
    {'p', "hungary", "magyar|magyarorszag|hungarian|magyarorszagi|hongrie|hungaria|ungarn"},
    {'p', "romania", "romana|romanian|romaniei|romane"},
    {'p', "bulgaria", "bulgarian|balgarska|bulgarska"},
    {'p', "greece", "hellas|hellenic|ellas|ellada|greek|ellinika|ellados|elliniki|ellinika"},
    {'p', "turkey", "turkiye|turk|turkish|turkei|turquie"},
    {'p', "cyprus", "kypros|kypriaki"},
    {'p', "malta", "maltese"},
    {'p', "estonia", "eesti|estonian"},
    {'p', "latvia", "latvijas|latvian|latvija"},
    {'p', "lithuania", "lietuvos|lithuanian|lietuva"},
    {'p', "serbia", "srbija|serbian|srbije"},
    {'p', "ukraine", "ukraina|ukrainy|ukrainian"},
    {'p', "russia", "rossii|russian|rossiyskiy|rossiyskoy|rf"},
    {'p', "israel", "israeli"},
    {'p', "usa", "us|america|american|united states|north america|americas|amerika"},
    {'p', "canada", "canadian|canadienne|kanada"},
    {'p', "mexico", "mexicana|mexicano|mexican"},
    {'p', "brazil", "brasil|brasileira|brasileiro|brazilian|do brasil"},
    {'p', "argentina", "argentino"},
    {'p', "chile", "chilena"},
    {'p', "china", "chinese|prc|zhongguo|chine|cn"},
    {'p', "hongkong", "hong kong|hk"},
    {'p', "taiwan", "taiwanese|tw"},
    {'p', "japan", "nippon|nihon|japanese|japon|jp|japans"},
    {'p', "korea", "korean|hanguk|kr|coree|hangook"},
    {'p', "india", "indian|bharat|inde"},
    {'p', "singapore", "singapur"},
    {'p', "australia", "australian|au|australasia"},
    {'p', "newzealand", "new zealand|nz"},
    {'p', "southafrica", "south africa"},
    {'p', "egypt", "egyptian"},
    {'p', "europe", "europa|europaea|emea"},
    {'p', "asia", "pacific|apac|asian"},
    {'p', "africa", "african|afrique"},
};

static const char *const stop_words = "the|of|and|for|in|on|at|to|by|an|with|und|fur|fuer|der|die|das|des|"
                                      "dem|den|von|vom|zu|zur|zum|im|am|bei|mit|"
                                      "de|du|la|le|les|et|en|aux|au|pour|par|del|los|las|el|para|por|da|do|"
                                      "dos|das|di|della|delle|dei|degli|dell|"
                                      "dello|per|il|lo|gli|ed|al|alla|van|voor|het|ter|te|op|och|og|na|dla|"
                                      "ve|si|din|pentru|pri|za|kai|tis|tou|ton|"
                                      "ta|tin|ja|os|as|um|imeni|mr|mrs|ms|dr|prof|publ|etc|that|its";

/* Single letters that are articles, prepositions or "and" in some language; at the end of a name they are
 * initials. */
static const char *const stop_letters = "adeilosuvwyzk";

#endif
