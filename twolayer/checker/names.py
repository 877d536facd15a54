"""What names mean: the words that people use for our things, for sizes and for functions, as tables."""

import re
from functools import cache

PARAMS = ("W1", "b1", "W2", "b2")

GRADS = ("dW1", "db1", "dW2", "db2")


# Names as they appear once lower-cased and without underscores.
NAMES = {
    "X": "x inputs input data features a0 aprev xbatch xtrain xdata samples images xb xs xi sample inputdata"
    " inputx xin inputlayer l0 layer0 trainx inputarray example xsample batchx row feats",
    "y": "y labels label targets target ytrue t actual truth ytrain ydata yb ys yi gt groundtruth yactual yt"
    " expected desired batchy outputtrue trainy ybatch trues",
    "params": "params parameters param weights theta p model net network pars weightsandbiases wb state prm thetas"
    " nn weightdict paramdict",
    "W1": "w1 weights1 weight1 wh whidden wih w1matrix weightsinputhidden inputhidden weightshidden"
    " hiddenweights theta1 wxh wgtih syn0 wi weightsih weightih wtohidden win hiddenw layer1weights"
    " layer1w l1w fc1w weightinputhidden wa kernel1 winputhidden hw wij w01 wxtoh",
    "b1": "b1 bias1 biases1 bh bhidden biashidden hiddenbias hiddenb layer1bias layer1b l1b fc1b biash"
    " biasinputhidden bias0 biashid hb b1vec hiddenbiases bi bxh",
    "W2": "w2 weights2 weight2 wo wout who w2matrix weightshiddenoutput hiddenoutput weightsoutput"
    " outputweights theta2 why wgtho syn1 weightsho weightho woutput outputw layer2weights layer2w l2w"
    " fc2w weighthiddenoutput kernel2 whiddenoutput wjk w12 whtoy ow v",
    "b2": "b2 bias2 biases2 bo bout biasoutput outputbias outputb layer2bias layer2b l2b fc2b biaso"
    " biashiddenoutput by boutput ob b2vec outputbiases bhy",
    "Z1": "z1 zh zhidden hiddeninput hiddenin preact1 preactivation1 net1 neth s1 u1 hiddennet linear1"
    " hiddenlayerinput prehidden hiddenpre hiddensum zhid hin u hpre lin1 hiddenz pre1",
    "A1": "a1 ah ahidden hidden hiddenlayer h h1 hiddenoutput hiddenout act1 activation1 hiddenactivation"
    " layer1 l1 hiddenlayeroutput out1 o1 hout hact hid hiddena hiddenlayeractivation hiddenstate"
    " hiddenactivations",
    "Z2": "z2 zo zout outputinput outputin preact2 net2 neto s2 u2 logits logit scores linear2 outputlayerinput"
    " score preout outputnet lin2 outz zlast zfinal finalinput pre2",
    "A2": "a2 al ao aout yhat ypred output outputs out probs prob probability probabilities pred preds"
    " prediction predictions predicted act2 activation2 layer2 l2out yout outputlayer predictedoutput o2"
    " yprob ypredicted yp h2 finaloutput outputactivation phat yh predy activationoutput outputlayeroutput"
    " o proba ypr ahat q guess guesses answer",
    "cache": "cache caches memory ctx context tape intermediates store saved fwd forwardcache forwardresults tmp"
    " fwdcache activations forwardvalues stuff saves values history mem trace forwardoutput acts interm"
    " internals",
    "dZ2": "dz2 dout delta2 delta dz dscores dlogits gradoutput upstream dldz2 outputdelta deltaout deltaoutput"
    " gradz2 dzout dzo grad dloss dlossdz2 gradout deltao errordelta2 dlogit gz2",
    "dA2": "da2 dal dyhat dypred dldy dprob dldyhat dlda2 dprobs dpred dlda gradyhat dao",
    "dZ1": "dz1 delta1 hiddendelta deltahidden dldz1 gradz1 dhiddenin deltah dzh hiddenerrordelta dhraw dpre"
    " dz1raw dzhid gz1 dpreact1 deltahid dhiddenz",
    "dA1": "da1 dhidden hiddenerror dlda1 grada1 dh errorhidden da dh1 dhid hiddenlayererror ga1 errorh dhout",
    "dW1": "dw1 gradw1 gw1 dweights1 dldw1 w1grad nablaw1 dwh dwih deltaw1 dwhidden dtheta1 gradwh dw1grad"
    " dweightsinputhidden grad1 w1gradient gradientw1 dwxh gradwhidden dhiddenweights",
    "db1": "db1 gradb1 gb1 dbias1 dldb1 b1grad nablab1 dbh deltab1 dbhidden gradbh b1gradient gradientb1"
    " dbiashidden dhiddenbias dbiases1",
    "dW2": "dw2 gradw2 gw2 dweights2 dldw2 w2grad nablaw2 dwo dwho deltaw2 dwout dtheta2 gradwo"
    " dweightshiddenoutput grad2 w2gradient gradientw2 dwhy gradwout doutputweights dv",
    "db2": "db2 gradb2 gb2 dbias2 dldb2 b2grad nablab2 dbo deltab2 dbout gradbo b2gradient gradientb2"
    " dbiasoutput dby doutputbias dbiases2",
    "grads": "grads gradients grad g derivatives gradient gradsdict gr dparams nabla",
    "loss": "loss cost j l error err e totalloss costvalue mse bce objective lossvalue c avgloss meanloss"
    " totalcost",
    "lr": "lr learningrate alpha eta stepsize rate learnrate gamma a epsilon",
    "lam": "lambd lambda lam reg l2 weightdecay lambda regularization regstrength reglambda l2lambda l2reg lmbda"
    " regularizationstrength decay wd l2strength lamb regparam",
    "keep": "keepprob keep pkeep keepprobability keeprate",
    "drop": "dropout droprate pdrop dropoutrate dropprob dropoutp dropoutprob",
    "momentum": "momentum mu beta1 beta",
    "velocity": "velocity velocities vel momentumbuffer",
    "mask": "mask d1 dropoutmask m1",
    "m": "m n batchsize nsamples numexamples numsamples bs size nexamples examples numsample mm",
    "rng": "rng generator randomgenerator gen",
    "seed": "seed randomseed randomstate",
    "epochs": "epochs numiterations niter iterations steps maxiter nepochs numepochs iters nsteps numiters epoch"
    " niterations numsteps maxepochs niters",
    "training": "training istraining train mode",
    "verbose": "verbose printcost printevery show log debug",
    "activation": "activation activationname act hiddenactivation nonlinearity activationfunction",
}  # fmt: skip

SIZES = {
    "d": "nx inputsize nin d inputdim nfeatures infeatures n0 numinputs ninput inputs input inputnodes"
    " numfeatures in inputlayersize numinput dinput ni features indim inputneurons insize sizein nfeat dim"
    " dim0",
    "h": "nh hiddensize hidden h hiddendim nhidden n1 hiddenunits hiddennodes numhidden hiddenlayersize units"
    " nhiddenunits hid hiddenneurons sizehidden numhiddenunits nhid width hsize",
    "k": "ny outputsize nout k outputdim nclasses n2 numclasses outputs output outfeatures outputnodes"
    " numoutputs noutput outputlayersize classes noutputs numoutput doutput no outdim outputneurons"
    " outsize sizeout c o",
    "sizes": "layerdims layersdims sizes layers dims architecture layersizes arch shape topology dimensions"
    " nnarchitecture widths layer",
}  # fmt: skip

ROLE = {name: role for role, names in reversed(NAMES.items()) for name in names.split()}


SIZE_ROLE = {name: role for role, names in reversed(SIZES.items()) for name in names.split()}


# Words of other languages, one for each of ours.
ENGLISH = {
    "forward": "vorwaerts vorwärts adelante avant avanti",
    "backward": "rueckwaerts rückwärts retropropagacion retropropagation atras arriere retropropagazione",
    "loss": "fehler verlust coste costo perdida cout coût perte erreur custo perda",
    "gradients": "gradienten gradientes gradienti",
    "update": "aktualisieren aktualisiere actualizar actualiza atualizar aggiorna",
    "train": "trainieren trainiere entrenar entrainer entraîner treinar addestra",
    "init": "initialisieren initialisiere inicializar iniciar initialiser inizializza",
    "predict": "vorhersagen predecir predire prever",
    "weights": "gewichte gewicht pesos peso poids pesi",
    "bias": "sesgo sesgos biais verzerrung schwelle",
    "params": "parametros parametri paramètres parametres",
    "input": "eingang eingabe entrada entrée entree ingresso",
    "hidden": "versteckt versteckte verdeckt oculta ocultas cachee cachée couche nascosto nascosta",
    "output": "ausgang ausgabe aus salida sortie saida uscita",
    "rate": "lernrate tasa taux taxa",
    "epochs": "epochen epoche epocas époques epoques epoche",
    "seed": "startwert semilla graine seme",
}

TRANSLATED = {foreign: word for word, several in ENGLISH.items() for foreign in several.split()}


@cache
def plain(name: str) -> str:
    """A name in lower case, without underscores, in English."""
    words = words_of(name)
    return "".join(words) if any(w in TRANSLATED for w in raw_words(name)) else name.replace("_", "").lower()


def role_of(name: object, sizes: bool = False) -> str | None:
    """The role of a variable by its name; where a network is built, the names of sizes come first."""
    if not isinstance(name, str):
        return None
    key = plain(name)
    if sizes and key in SIZE_ROLE:
        return SIZE_ROLE[key]
    if key in ROLE:
        return ROLE[key]
    if guessed := size_by_words(name) if sizes else role_by_words(name):
        return guessed
    stripped = re.sub(
        r"^(self|new|my|the|updated|up|nn|net)|(new|val|value|arr|vec|mat|updated|np|batch|matrix)$", "", key
    )
    if sizes and stripped in SIZE_ROLE:
        return SIZE_ROLE[stripped]
    counted = COUNTING & set(words_of(name))
    return ROLE.get(stripped) or (size_by_words(name) if counted else None)


def words_of(name: str) -> list[str]:
    """The words of a name, in English: n_hidden, nHidden, fc1_weight -> n hidden, n hidden, fc 1 weight."""
    return [TRANSLATED.get(w, w) for w in raw_words(name)]


def raw_words(name: str) -> list[str]:
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+|\d+", name)]


COUNTS = {"n", "num", "nb", "number", "of", "size", "dim", "dims", "dimension", "units", "unit", "nodes", "node",
          "neurons", "neuron", "layer", "count", "no", "width", "len"}  # fmt: skip

COUNTING = {"n", "num", "size", "dim", "units", "nodes", "neurons"}


KINDS_OF_SIZE = {
    "d": {"in", "input", "inputs", "feature", "features", "x", "visible", "attributes"},
    "h": {"h", "hid", "hidden", "hiddens"},
    "k": {"out", "output", "outputs", "class", "classes", "y", "target", "targets", "label", "labels", "k"},
}


def size_by_words(name: str) -> str | None:
    words = [w for w in words_of(name) if w not in COUNTS]
    if len(words) != 1:
        return None
    return next((role for role, known in KINDS_OF_SIZE.items() if words[0] in known), None)


WEIGHT = {"w", "weight", "weights", "kernel", "theta", "wt", "ws"}

BIAS = {"b", "bias", "biases", "intercept", "bs"}

GRADIENT = {"d", "grad", "grads", "gradient", "g", "nabla", "dl", "dloss", "dj", "dc", "deriv", "derivative", "der"}

LAYER = {"1": "1", "2": "2"} | dict.fromkeys(["h", "hid", "hidden", "ih", "xh"], "1")
LAYER |= dict.fromkeys(["o", "out", "output", "ho", "hy", "y", "last", "final"], "2")


def role_by_words(name: str) -> str | None:
    """W1, b1, W2, b2 and their gradients, of names that are put together: fc1_weight, grad_bias_out."""
    words = words_of(name)
    kind = "W" if WEIGHT & set(words) else "b" if BIAS & set(words) else ""
    layers = [LAYER[w] for w in words if w in LAYER]
    rest = [w for w in words if w not in WEIGHT | BIAS | GRADIENT and w not in LAYER]
    if (
        not kind
        or not layers
        or any(w not in ("fc", "l", "layer", "of", "to", "input", "in", "i", "wrt", "x") for w in rest)
    ):
        return None
    return ("d" if GRADIENT & set(words) else "") + kind + max(layers)


HELPER = (
    r"relu|sigmoid|sigm|tanh|softmax|linear|affine|activation|logistic|leaky|elu|gelu|softplus|swish|nonlin|onehot"
    r"|derivative$"
)

AWAY = (
    r"adam|momentum|rmsprop|nesterov|numerical|check|^test|plot|load|print|accuracy|schedule|decay|minibatch|show"
    r"|save|^clip|^eval|demo|numgrad|finite|standardi|normali|^score|velocit"
)

VARIANT = r"dropout|regulari[sz]|withl2|withreg|l2$|^l2|noisy|reg$"

KINDS = (
    ("loss", r"(loss|cost|objective)(and|with|plus)(the)?(grad|deriv)"),
    ("init", r"^(he|xavier|kaiming|random|rand|zero|glorot)?init"
             r"|init(ialize)?(d)?(params|parameters|weights|network|net)?$"
             r"|^(create|make|build|new|setup|get|start|random|draw)(the)?(network|net|params|parameters|weights|model|nn|layers|synapses)$"),
    ("loss_grad", r"(loss|cost|bce|mse|crossentropy|error|ce)\w*(grad|deriv|prime|backward|delta)"
                  r"|^(d|grad|deriv|derivative|delta|gradof|derivof)(of)?(the)?(loss|cost|bce|mse|crossentropy|error|output)"
                  r"|^outputdelta|^outputerror"),
    ("backward", r"backward|backprop|bprop|bwd|backpass|^(compute|get|calc|calculate|find|network|net|model|all|my)?"
                 r"(the)?(grads?|gradients?|derivatives)(of)?(network|net|all)?$|(grads|gradients|partials)$|^back$|backwards|^propagate$"),
    ("forward", r"forward|fprop|fwd|^predictproba|^(network|net|hypothesis|computeoutput|run(the)?net(work)?|nnoutput"
                r"|modeloutput|fprop|evaluate|feed|propagate)$|forwards|^activate$|^think$"),
    ("loss", r"loss|cost|crossentropy|^bce|^mse|objective|logloss|squarederror|^nll|criterion|^sse|^rmse|^j$|^error$"
             r"|^compute(the)?error|^calc\w*error|^mean\w*error"),
    ("update", r"update|^(sgd|gd|gradient|optimi[sz]er|descent)?step$|applygrad|^sgd$|descend|takestep|^stepparams"),
    ("train", r"^train|^fit|model$|optimi[sz]e$|gradientdescent|^learn|^run$|^solve$|^nn$|training"),
    ("predict", r"predict|classify"),
    ("dropout", r"dropout(mask)?$|^makemask|^drop"),
)  # fmt: skip

EXACT = {
    "init": "init initialize initializeparameters initparams initializeparametershe heinit initweights initnetwork",
    "forward": "forward forwardpropagation forwardpass forwardprop lmodelforward feedforward modelforward scores",
    "loss": "bce computecost computeloss loss cost costfunction lossfunction bceloss crossentropy binarycrossentropy",
    "loss_grad": "bcegrad lossgrad lossgradient",
    "backward": "backward backwardpropagation backpropagation backprop backwardpass backwardprop lmodelbackward"
    " modelbackward",
    "update": "step update updateparameters updateparams updateweights",
    "train": "train fit model nnmodel",
    "predict": "predict",
    "dropout": "dropoutmask",
}


def kind_of(name: str) -> str | None:
    """What a function is for, by its name; '+' is appended for a variant with dropout or a penalty."""
    key = plain(name)
    if name.startswith("__"):
        return None
    if key in ("fp", "ff", "bp"):
        return "backward" if key == "bp" else "forward"
    key = re.sub(r"(fn|func|function)$", "", key) or key
    for kind, names in EXACT.items():
        if key in names.split():
            return kind
    if re.search(AWAY, key):
        return None
    variant = "+" if re.search(VARIANT, key) else ""
    for kind, pattern in KINDS:
        if re.search(pattern, key):
            if kind in ("forward", "backward", "init") and re.search(HELPER, key):
                return None
            if kind == "dropout":
                return kind
            return kind + variant
    return None
